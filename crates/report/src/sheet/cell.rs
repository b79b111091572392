use crate::text::clean;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use vires_event::Millis;

/// Longest text of a cell, in characters. Spreadsheets take 32,767; nobody reads more than this.
pub const LONGEST_CELL: usize = 4_000;

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Unknown.
    Empty,
    /// Text, possibly written by an attacker.
    Text(&'a str),
    /// Several texts.
    List(&'a [String]),
    /// Yes or no.
    Flag(bool),
    /// How many.
    Count(u64),
    /// How much.
    Number(f64),
    /// When.
    Time(Millis),
}

/// A moment that may be unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Time(pub Option<Millis>);

/// A type of which columns are made.
pub(crate) trait Field {
    /// The word for it in the field reference.
    const KIND: &'static str;
    fn cell(&self) -> Cell<'_>;
}

impl Field for String {
    const KIND: &'static str = "text";
    fn cell(&self) -> Cell<'_> {
        if self.is_empty() { Cell::Empty } else { Cell::Text(self) }
    }
}

impl Field for Vec<String> {
    const KIND: &'static str = "list";
    fn cell(&self) -> Cell<'_> {
        if self.is_empty() { Cell::Empty } else { Cell::List(self) }
    }
}

impl Field for Time {
    const KIND: &'static str = "time";
    fn cell(&self) -> Cell<'_> {
        self.0.map_or(Cell::Empty, Cell::Time)
    }
}

macro_rules! fields {
    ($($ty:ty, $kind:literal, $cell:path;)+) => {
        $(impl Field for $ty {
            const KIND: &'static str = $kind;
            fn cell(&self) -> Cell<'_> {
                $cell(*self)
            }
        }
        impl Field for Option<$ty> {
            const KIND: &'static str = $kind;
            fn cell(&self) -> Cell<'_> {
                self.map_or(Cell::Empty, $cell)
            }
        })+
    };
}

fields! {
    bool, "true/false", Cell::Flag;
    u64, "number", Cell::Count;
    f64, "number", Cell::Number;
}

/// What a spreadsheet takes for the beginning of a formula; their wide forms are folded to these by some.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// `text` as it may stand in a cell: bounded, without characters that a terminal acts upon or that reorder their neighbours, and
/// never a formula. Where a list separator would make a new cell in some countries, what follows it is guarded as well.
pub fn neutral(text: &str) -> Cow<'_, str> {
    let plain = text.len() <= LONGEST_CELL
        && !text.starts_with(FORMULA)
        && text.bytes().all(|b| (b' '..0x7f).contains(&b) && b != b';');
    if plain {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().min(LONGEST_CELL) + 2);
    let mut guard = true;
    let mut rest = text.chars();
    for c in rest.by_ref().take(LONGEST_CELL) {
        if guard && FORMULA.contains(&c) {
            out.push('\'');
        }
        guard = c == ';';
        out.push(c);
    }
    let left = rest.as_str();
    let mut out = clean(&out);
    if !left.is_empty() {
        out.push_str(&format!("… ({} more bytes)", left.len()));
    }
    Cow::Owned(out)
}

impl Cell<'_> {
    /// The cell as text, as it stands in a CSV file.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Cell::Empty => Cow::Borrowed(""),
            Cell::Text(text) => neutral(text),
            Cell::List(items) => Cow::Owned(list(items)),
            Cell::Flag(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Cell::Count(count) => Cow::Owned(count.to_string()),
            Cell::Number(number) => Cow::Owned(number.to_string()),
            Cell::Time(at) => Cow::Owned(vires_judge::rfc3339(*at)),
        }
    }
}

/// Items joined with `;`, as many as fit.
fn list(items: &[String]) -> String {
    let mut out = String::new();
    for (n, item) in items.iter().enumerate() {
        let item = neutral(item);
        // An item that holds the separator would be read as two.
        let item = if item.contains(';') { Cow::Owned(item.replace(';', ",")) } else { item };
        if n > 0 && out.len() + item.len() > LONGEST_CELL {
            out.push_str(&format!(";(+{} more)", items.len() - n));
            break;
        }
        if n > 0 {
            out.push(';');
        }
        out.push_str(&item);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_becomes_a_formula() {
        for (text, cell) in [
            ("plain", "plain"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "' =1"),
            ("\r=1", "' =1"),
            ("＝1", "'＝1"),
            ("a;=cmd|' /C calc'!A0", "a;'=cmd|' /C calc'!A0"),
            ("a-b@c=d", "a-b@c=d"),
            ("\u{1b}[31mred\u{7}", " [31mred "),
            ("abc\u{202e}txt.exe", "abc txt.exe"),
            ("<script>", "<script>"),
            ("a\r\nb", "a  b"),
            ("Müller", "Müller"),
        ] {
            assert_eq!(neutral(text), cell, "{text:?}");
        }
        let long = neutral(&"x".repeat(1 << 20)).into_owned();
        assert_eq!(long.len(), LONGEST_CELL + "… (1044576 more bytes)".len());
    }

    #[test]
    fn items_stay_apart() {
        let items: Vec<String> = ["a", "b;c", "=d"].map(String::from).to_vec();
        assert_eq!(Cell::List(&items).text(), "a;b,c;'=d");
        let many: Vec<String> = (0..1000).map(|n| format!("item-number-{n:05}")).collect();
        let text = Cell::List(&many).text().into_owned();
        assert!(text.len() < LONGEST_CELL + 20 && text.ends_with("more)"), "{text}");
    }

    proptest! {
        #[test]
        fn is_one_safe_line(text in "\\PC{0,40}|[=+@\t\r\n;\u{202e}-]{0,12}") {
            let cell = neutral(&text);
            prop_assert!(!cell.starts_with(FORMULA));
            prop_assert!(!cell.chars().any(char::is_control));
            for part in cell.split(';') {
                prop_assert!(!part.starts_with(FORMULA), "{}", cell);
            }
        }
    }
}
