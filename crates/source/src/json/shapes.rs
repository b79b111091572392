//! Lines of one shape: the same keys, words and punctuation around other texts and numbers. A program writes few shapes and many lines
//! of each, so a line that fits a shape needs no parsing: what stands between its variable places is compared, and these are measured.
//!
//! Shapes are kept in a tree of such fixed pieces. A line that fits one is valid JSON because the line was that the shape was learned
//! from: its variable places are whole numbers, and plain ASCII inside quotes. One text may hold escaped quotes: what a shipper wrapped.
//! What is kept is bounded, and forgetting changes no answer.

use super::index::{Node, Tape};
use super::parts::PartId;
use super::value::{Type, Value};

/// Texts of these members are part of the shape: few words each, which decide what the rest of a record means.
const WORDS: [&str; 12] = [
    "eventVersion",
    "type",
    "eventType",
    "eventCategory",
    "mfaAuthenticated",
    "tlsVersion",
    "kind",
    "apiVersion",
    "level",
    "stage",
    "verb",
    "severity",
];

/// Longer lines, and lines of more values, have no shape that is worth to be kept.
const MAX_BYTES: usize = 16 << 10;
const MAX_NODES: usize = 255;
/// What is kept in all; then everything is forgotten and learned anew.
const KEEP_SHAPES: usize = 512;
const KEEP_BYTES: usize = 1 << 20;
/// So many shapes may begin alike; a newcomer takes the place of the one that was not met for longest.
const MAX_ARMS: usize = 24;
/// What learning a shape costs and what a line that fits one earns. Who has nothing left learns only now and then.
const PRICE: u32 = 32;
const SAVINGS: u32 = 16 << 10;

/// A variable place of a line: a text without its quotes, or a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Its first byte.
    pub start: u32,
    /// The byte behind it.
    pub end: u32,
}

impl Slot {
    /// The bytes of it.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Shapes that were met, in the memory of one thread.
#[derive(Debug)]
pub struct Shapes {
    branches: Vec<Vec<Arm>>,
    shapes: Vec<Shape>,
    bytes: usize,
    savings: u32,
    tick: u8,
    /// How often everything was forgotten: the numbers of shapes begin anew then.
    forgotten: u32,
    slots: Vec<Slot>,
    shifts: Vec<u32>,
}

/// A fixed piece of text and what follows it.
#[derive(Debug)]
struct Arm {
    fixed: Box<[u8]>,
    then: Then,
}

#[derive(Debug, Clone, Copy)]
enum Then {
    /// A text, then one of the pieces of a branch.
    Text(u32),
    /// A whole number, then the same.
    Number(u32),
    /// The line ends: it is of this shape.
    End(u32),
}

/// The index of the line that a shape was learned from.
#[derive(Debug)]
struct Shape {
    nodes: Box<[Place]>,
    slots: Box<[Slot]>,
}

/// A node, and how many variable places end before its value begins and before it ends.
#[derive(Debug, Clone, Copy)]
struct Place {
    node: Node,
    before: u16,
    within: u16,
}

/// A line that fits a shape.
#[derive(Debug, Clone, Copy)]
pub struct Shaped<'s, 'a> {
    line: &'a [u8],
    shape: &'s Shape,
    shifts: &'s [u32],
    /// Stands for the shape: equal numbers mean equal shapes, until the other number changes.
    pub id: (u32, u32),
    /// The variable places, in the order of the line.
    pub slots: &'s [Slot],
    /// The place whose text is escaped.
    pub escaped: Option<usize>,
}

impl Default for Shapes {
    fn default() -> Self {
        Shapes {
            branches: vec![Vec::new()],
            shapes: Vec::new(),
            bytes: 0,
            savings: SAVINGS,
            tick: 0,
            forgotten: 0,
            slots: Vec::new(),
            shifts: Vec::new(),
        }
    }
}

impl Shapes {
    /// The shape of a line, if one was met that it fits. If a text in it is escaped, `unescaped` gets what it stands for.
    pub fn find<'s, 'a>(&'s mut self, line: &'a [u8], unescaped: &mut Vec<u8>) -> Option<Shaped<'s, 'a>> {
        self.slots.clear();
        let (mut at, mut branch, mut escaped) = (0, 0, None);
        let number = loop {
            let arms = self.branches.get_mut(branch)?;
            let rest = line.get(at..)?;
            let arm = arms.iter().position(|arm| arm.fits(rest))?;
            let Arm { fixed, then } = arms.get(arm)?;
            let (then, start) = (*then, at + fixed.len());
            // What is met often moves to the front.
            if let Some(before) = arm.checked_sub(1) {
                arms.swap(arm, before);
            }
            let rest = line.get(start..)?;
            (at, branch) = match then {
                Then::End(shape) => break if rest.is_empty() { shape } else { return None },
                Then::Text(next) => {
                    let mut end = plain_text(rest);
                    if rest.get(end) == Some(&b'\\') && escaped.is_none() {
                        escaped = Some(self.slots.len());
                        end = unescape(rest, unescaped)?;
                    }
                    (start + end, next as usize)
                }
                Then::Number(next) => (start + whole_number(rest), next as usize),
            };
            self.slots.push(Slot { start: start as u32, end: at as u32 });
        };
        let shape = self.shapes.get(number as usize)?;
        self.savings = (self.savings + 1).min(SAVINGS);
        self.shifts.clear();
        self.shifts.push(0);
        self.shifts.extend(self.slots.iter().zip(&shape.slots).map(|(now, then)| now.end.wrapping_sub(then.end)));
        Some(Shaped { line, shape, shifts: &self.shifts, id: (self.forgotten, number), slots: &self.slots, escaped })
    }

    /// Keeps the shape of an indexed line, if it may have one. It must not fit one that is kept.
    pub fn learn(&mut self, root: Value<'_>) {
        let (nodes, text) = root.parts();
        self.tick = self.tick.wrapping_add(1);
        if (self.savings < PRICE && self.tick != 0) || nodes.len() > MAX_NODES || text.len() > MAX_BYTES {
            return;
        }
        if !text.is_ascii() || root.escaped_keys().next().is_some() || root.escaped_strings().nth(1).is_some() {
            return;
        }
        self.savings = self.savings.saturating_sub(PRICE);
        if self.shapes.len() >= KEEP_SHAPES || self.bytes > KEEP_BYTES {
            let forgotten = self.forgotten.wrapping_add(1);
            *self = Shapes { forgotten, savings: self.savings, ..Shapes::default() };
        }
        let (mut slots, mut branch, mut done) = (Vec::new(), 0, 0);
        for node in nodes {
            let Some(slot) = variable(node, text) else { continue };
            let Some(fixed) = text.as_bytes().get(done..slot.start as usize) else { return };
            branch = self.grow(branch, fixed, node.kind == Type::Number);
            done = slot.end as usize;
            slots.push(slot);
        }
        let before = |offset: u32| slots.partition_point(|slot: &Slot| slot.end <= offset) as u16;
        let places = nodes.iter().map(|node| Place {
            // Another text of this shape is another text.
            node: Node { part: PartId::default(), escaped: false, ..*node },
            before: before(node.span.0),
            within: before(node.span.1),
        });
        let shape = Shape { nodes: places.collect(), slots: slots.iter().copied().collect() };
        let number = self.shapes.len() as u32;
        self.bytes += nodes.len() * size_of::<Place>() + shape.slots.len() * size_of::<Slot>();
        self.shapes.push(shape);
        let fixed = text.as_bytes().get(done..).unwrap_or_default();
        self.put(branch, fixed, Then::End(number));
    }

    /// The branch behind a fixed piece of text and a variable place.
    fn grow(&mut self, branch: usize, fixed: &[u8], number: bool) -> usize {
        let known = self.branches.get(branch).into_iter().flatten().find(|arm| *arm.fixed == *fixed);
        match known.map(|arm| arm.then) {
            Some(Then::Text(next)) if !number => return next as usize,
            Some(Then::Number(next)) if number => return next as usize,
            _ => {}
        }
        let next = self.branches.len();
        self.branches.push(Vec::new());
        self.put(branch, fixed, if number { Then::Number(next as u32) } else { Then::Text(next as u32) });
        next
    }

    fn put(&mut self, branch: usize, fixed: &[u8], then: Then) {
        self.bytes += fixed.len() + size_of::<Arm>() + size_of::<Vec<Arm>>();
        if let Some(arms) = self.branches.get_mut(branch) {
            arms.truncate(MAX_ARMS - 1);
            arms.push(Arm { fixed: fixed.into(), then });
        }
    }
}

impl Arm {
    #[inline]
    fn fits(&self, rest: &[u8]) -> bool {
        // A number that is none would be found out only behind it, by the piece that follows; another arm may know better.
        rest.starts_with(&self.fixed)
            && match self.then {
                Then::Number(_) => whole_number(&rest[self.fixed.len()..]) > 0,
                _ => true,
            }
    }
}

impl<'a> Shaped<'_, 'a> {
    /// The line.
    pub fn line(&self) -> &'a [u8] {
        self.line
    }

    /// What stands in a variable place: ASCII.
    pub fn bytes(&self, slot: usize) -> &'a [u8] {
        self.slots.get(slot).and_then(|slot| self.line.get(slot.range())).unwrap_or_default()
    }

    /// The same as text.
    pub fn text(&self, slot: usize) -> &'a str {
        std::str::from_utf8(self.bytes(slot)).unwrap_or_default()
    }

    /// Where the value of a node ends.
    pub fn end(&self, node: usize) -> Option<usize> {
        let place = self.shape.nodes.get(node)?;
        Some(self.shift(place.node.span.1, place.within) as usize)
    }

    fn shift(&self, offset: u32, before: u16) -> u32 {
        offset.wrapping_add(self.shifts.get(usize::from(before)).copied().unwrap_or_default())
    }

    /// The value of a node and all below it, indexed as if it were a document of its own. Not for lines with an escaped text.
    pub fn value<'t>(&self, node: usize, tape: &'t mut Tape) -> Option<Value<'t>>
    where
        'a: 't,
    {
        let places = self.shape.nodes.get(node..).filter(|_| self.escaped.is_none())?;
        let root = places.first()?;
        let places = places.get(..(root.node.next as usize).checked_sub(node)?)?;
        let (start, first) = (self.shift(root.node.span.0, root.before), node as u32);
        let text = std::str::from_utf8(self.line.get(start as usize..self.end(node)?)?).ok()?;
        let nodes = tape.renew();
        nodes.extend(places.iter().map(|Place { node, before, within }| {
            let shift = self.shift(0, *before).wrapping_sub(start);
            // Only what has a key has one: an item of an array says so by zeros.
            let key = if node.key.1 == 0 { (0, 0) } else { (node.key.0.wrapping_add(shift), node.key.1.wrapping_add(shift)) };
            Node {
                key,
                span: (node.span.0.wrapping_add(shift), self.shift(node.span.1, *within).wrapping_sub(start)),
                next: node.next - first,
                parent: node.parent.saturating_sub(first),
                ..*node
            }
        }));
        // The value stands alone here.
        if let Some(root) = nodes.first_mut() {
            root.key = (0, 0);
        }
        Some(Value::new(nodes, text, 0))
    }
}

/// The variable place of a scalar, if it has one.
fn variable(node: &Node, text: &str) -> Option<Slot> {
    let (start, end) = node.span;
    match node.kind {
        Type::String => {
            let key = text.get(node.key.0 as usize..node.key.1 as usize).unwrap_or_default();
            (!WORDS.contains(&key)).then_some(Slot { start: start + 1, end: end - 1 })
        }
        Type::Number => {
            let digits = text.as_bytes().get(start as usize..end as usize).unwrap_or_default();
            (whole_number(digits) == digits.len()).then_some(Slot { start, end })
        }
        _ => None,
    }
}

/// The variable places of an indexed line, each with its node.
pub fn slots(root: Value<'_>) -> impl Iterator<Item = (Value<'_>, Slot)> {
    let (nodes, text) = root.parts();
    (0..).zip(nodes).filter_map(move |(at, node)| Some((Value::new(nodes, text, at), variable(node, text)?)))
}

/// Length of the whole number without a sign that `bytes` begin with; 0 if they begin with none.
fn whole_number(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'0') => 1,
        Some(b'1'..=b'9') => bytes.iter().position(|b| !b.is_ascii_digit()).unwrap_or(bytes.len()),
        _ => 0,
    }
}

/// Length of the prefix of printable ASCII without quote and backslash. Eight bytes a step, as in the index.
#[inline]
fn plain_text(bytes: &[u8]) -> usize {
    let mut done = 0;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        let plain = plain_bytes(word);
        if plain < word.len() {
            return done + plain;
        }
        done += word.len();
    }
    let special = |b: &u8| plain_bytes([*b; 8]) == 0;
    done + chunks.remainder().iter().position(special).unwrap_or(chunks.remainder().len())
}

/// How many of the bytes stand before the first that is not printable ASCII, or a quote or backslash.
#[inline]
fn plain_bytes(chunk: [u8; 8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let w = u64::from_le_bytes(chunk);
    let quote = w ^ (ONES * b'"' as u64);
    let slash = w ^ (ONES * b'\\' as u64);
    let special = w.wrapping_sub(ONES * 0x20) | quote.wrapping_sub(ONES) | slash.wrapping_sub(ONES) | w;
    // A byte with its high bit set marks itself; of the others the borrow marks the lowest that is special, and maybe more.
    ((special & HIGH).trailing_zeros() / 8) as usize
}

/// Writes what a text in which quotes, backslashes and slashes are escaped stands for, and returns its length; `None` if other things
/// are, too.
fn unescape(bytes: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    out.clear();
    let mut at = 0;
    loop {
        // Between two escapes stand a few bytes: eight at once are copied and what was too much is taken back.
        if let Some(chunk) = bytes.get(at..)?.first_chunk::<8>() {
            let plain = plain_bytes(*chunk);
            out.extend_from_slice(chunk);
            at += plain;
            if plain == chunk.len() {
                continue;
            }
            out.truncate(out.len() - (chunk.len() - plain));
        }
        match bytes.get(at)? {
            b'\\' => {
                out.push(*bytes.get(at + 1).filter(|b| matches!(b, b'"' | b'\\' | b'/'))?);
                at += 2;
            }
            byte if plain_bytes([*byte; 8]) == 0 => return Some(at),
            byte => {
                out.push(*byte);
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Everything that an index says of a value.
    fn said(root: Value<'_>) -> Vec<(String, String, Type, Vec<String>)> {
        let (nodes, text) = root.parts();
        let all = (0..nodes.len()).map(|at| Value::new(nodes, text, at as u32));
        all.map(|v| {
            let names = root.names_at(v.span().start).map(str::to_owned).collect();
            (v.key_raw().to_owned(), v.raw().to_owned(), v.kind(), names)
        })
        .collect()
    }

    /// A line that fits a shape says what its own index says; one that is no JSON fits none.
    fn check(shapes: &mut Shapes, line: &str) -> bool {
        let (mut tape, mut other) = (Tape::default(), Tape::default());
        let parsed = tape.parse(line).ok();
        let mut unescaped = Vec::new();
        let Some(shaped) = shapes.find(line.as_bytes(), &mut unescaped) else {
            if let Some(root) = parsed.filter(|root| root.is_object()) {
                shapes.learn(root);
            }
            return false;
        };
        let root = parsed.unwrap_or_else(|| panic!("{line}"));
        if let Some(escaped) = shaped.escaped {
            let (text, _) = slots(root).nth(escaped).unwrap();
            assert_eq!(String::from_utf8(unescaped).unwrap(), text.str().unwrap(), "{line}");
            assert!(root.escaped_strings().count() == 1 && shaped.value(0, &mut other).is_none());
            assert_eq!(shaped.end(0), Some(root.span().end));
            return true;
        }
        assert_eq!(said(shaped.value(0, &mut other).unwrap()), said(root), "{line}");
        let places: Vec<Slot> = slots(root).map(|(_, slot)| slot).collect();
        assert_eq!(shaped.slots, places, "{line}");
        for (number, value) in root.leaves().map(|(_, v)| v).chain(root.fields().map(|(_, v)| v)).map(|v| (v.number(), v)) {
            let found = shaped.value(number, &mut other).unwrap();
            assert_eq!((found.raw(), found.span()), (value.raw(), 0..value.raw().len()));
            assert_eq!(said(found)[1..], said(alone(value, &mut Tape::default()))[1..], "{line}");
            assert_eq!(shaped.end(number), Some(value.span().end));
        }
        true
    }

    /// A value as a document of its own.
    fn alone<'t>(value: Value<'t>, tape: &'t mut Tape) -> Value<'t> {
        tape.parse(value.raw()).unwrap()
    }

    #[test]
    fn knows_a_shape_again() {
        let mut shapes = Shapes::default();
        let line = |a: &str, n: &str| format!(r#"{{"a":"{a}","type":"T","list":[{{"x":{n}}},null,"{a}"],"n":{n} }} "#);
        assert!(!check(&mut shapes, &line("x", "1")));
        for (a, n) in [("x", "1"), ("", "0"), ("a longer text, with all sorts of things ~ in it", "12345678901234567890123")] {
            assert!(check(&mut shapes, &line(a, n)), "{a} {n}");
        }
        assert!(!check(&mut shapes, &line("\\n", "1")) && !check(&mut shapes, &line("\\\"", "1")));
        let wrapped = |text: &str| format!(r#"{{"message":"{text}","n":1}}"#);
        assert!(!check(&mut shapes, &wrapped("")));
        for text in ["x", r#"\""#, r#"{\"a\":\"\\b\/c and a longer text\"}"#] {
            assert!(check(&mut shapes, &wrapped(text)), "{text}");
        }
        for (a, n) in [("é", "1"), ("\t", "1"), ("x", "01"), ("x", "1.5"), ("x", "-1"), ("x", "1e5"), ("x", "")] {
            assert!(!check(&mut shapes, &line(a, n)), "{a} {n}");
        }
        assert!(!check(&mut shapes, &line("x", "1").replace("\"T\"", "\"U\"")));
        assert!(!check(&mut shapes, &format!("{}{}", line("x", "1"), line("x", "1"))));
        assert!(!check(&mut shapes, line("x", "1").trim_end_matches([' ', '}'])));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut shapes = Shapes::default();
        for n in 0..20_000 {
            check(&mut shapes, &format!(r#"{{"key-{n}":"x","{}":"y"}}"#, "long".repeat(n % 700)));
            assert!(shapes.bytes < KEEP_BYTES + MAX_BYTES && shapes.shapes.len() <= KEEP_SHAPES);
        }
        assert!(shapes.branches.iter().all(|arms| arms.len() <= MAX_ARMS));
    }

    fn document() -> impl Strategy<Value = String> {
        let scalar = prop_oneof![
            "[ -~]{0,10}".prop_map(|text| serde_json::Value::from(text).to_string()),
            "[ab]{0,3}".prop_map(|text| format!("\"{text}\"")),
            "\"[ab]\\\\[\"\\\\/n][ab]\"|é|\\t|\"|01|1\\.5|-1|0".prop_map(|text| text),
            (0..1000u32).prop_map(|n| n.to_string()),
            Just("null".to_owned()),
        ];
        let value = scalar.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
                proptest::collection::vec(("a|b|type|", inner), 0..3).prop_map(|members| {
                    let members: Vec<String> = members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        });
        proptest::collection::vec(("a|b|type|", value), 0..4).prop_map(|members| {
            let members: Vec<String> = members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            format!("{{{}}}", members.join(","))
        })
    }

    proptest! {
        #[test]
        fn says_what_the_index_says(documents in proptest::collection::vec(document(), 1..20)) {
            let mut shapes = Shapes::default();
            for _ in 0..2 {
                documents.iter().for_each(|document| { check(&mut shapes, document); });
            }
        }
    }
}
