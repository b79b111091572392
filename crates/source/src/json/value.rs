use super::index::Node;
use super::unescape::{stands_for, unescape_into};
use std::borrow::Cow;

/// The JSON type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Type {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// A value inside an indexed text: three words, freely copied.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    nodes: &'a [Node],
    text: &'a str,
    at: u32,
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.raw())
    }
}

impl<'a> Value<'a> {
    pub(super) fn new(nodes: &'a [Node], text: &'a str, at: u32) -> Self {
        Value { nodes, text, at }
    }

    /// The whole index and its text.
    pub(super) fn parts(self) -> (&'a [Node], &'a str) {
        (self.nodes, self.text)
    }

    /// The number of this value in its document: containers come before what they hold.
    pub fn number(&self) -> usize {
        self.at as usize
    }

    #[inline]
    fn node(&self) -> &'a Node {
        &self.nodes[self.at as usize]
    }

    /// The JSON type.
    #[inline]
    pub fn kind(&self) -> Type {
        self.node().kind
    }

    /// True for `null`.
    pub fn is_null(&self) -> bool {
        self.kind() == Type::Null
    }

    /// True for an object.
    #[inline]
    pub fn is_object(&self) -> bool {
        self.kind() == Type::Object
    }

    /// The value as it stands in the text, quotes and brackets included.
    #[inline]
    pub fn raw(&self) -> &'a str {
        let (start, end) = self.node().span;
        &self.text[start as usize..end as usize]
    }

    /// Byte offsets of [`Value::raw`] in the parsed text.
    #[inline]
    pub fn span(&self) -> std::ops::Range<usize> {
        let (start, end) = self.node().span;
        start as usize..end as usize
    }

    /// A string's text, unescaped; `None` for every other type. May be empty: see [`Value::text`].
    #[inline]
    pub fn str(&self) -> Option<Cow<'a, str>> {
        let node = self.node();
        if node.kind != Type::String {
            return None;
        }
        let raw = &self.text[node.span.0 as usize + 1..node.span.1 as usize - 1];
        Some(if node.escaped { unescaped(raw) } else { Cow::Borrowed(raw) })
    }

    /// What a field says: a non-empty string unescaped, a number or a boolean as written. `None` for null, `""`, arrays, objects.
    #[inline]
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match self.kind() {
            Type::String => self.str().filter(|s| !s.is_empty()),
            Type::Number | Type::Bool => Some(Cow::Borrowed(self.raw())),
            _ => None,
        }
    }

    /// A whole number that fits; also one written as a string, as many logs do.
    pub fn u64(&self) -> Option<u64> {
        self.text()?.parse().ok()
    }

    /// A boolean; also `"true"` / `"false"` in any case, as many logs write it.
    pub fn bool(&self) -> Option<bool> {
        let text = self.text()?;
        if text.eq_ignore_ascii_case("true") {
            Some(true)
        } else if text.eq_ignore_ascii_case("false") {
            Some(false)
        } else {
            None
        }
    }

    /// The member of that name. Of duplicates the last, which is what most readers downstream will see too.
    #[inline]
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        let mut found = None;
        for field in self.fields() {
            if field.0 == key || (field.1.node().key_escaped && field.1.key_is(key)) {
                found = Some(field.1);
            }
        }
        found
    }

    /// The member of that name in any ASCII case.
    pub fn get_ci(&self, key: &str) -> Option<Value<'a>> {
        self.fields().filter(|(name, value)| name.eq_ignore_ascii_case(key) || value.key_is(key)).map(|(_, v)| v).last()
    }

    /// The member at a dotted path: `a.b.c`. A segment `[]` or `[0]` steps into an array's first item.
    pub fn path(&self, path: &str) -> Option<Value<'a>> {
        path.split('.').try_fold(*self, |value, segment| match segment {
            "[]" | "[0]" => value.items().next(),
            name => value.get(name),
        })
    }

    /// [`Value::get`] and then [`Value::text`].
    #[inline]
    pub fn get_text(&self, key: &str) -> Option<Cow<'a, str>> {
        self.get(key)?.text()
    }

    /// [`Value::path`] and then [`Value::text`].
    pub fn path_text(&self, path: &str) -> Option<Cow<'a, str>> {
        self.path(path)?.text()
    }

    /// The members of an object with their raw keys (nothing for other types). A key that holds an escape comes as written.
    #[inline]
    pub fn fields(&self) -> Fields<'a> {
        Fields { inner: self.children(Type::Object) }
    }

    /// The items of an array (nothing for other types).
    #[inline]
    pub fn items(&self) -> Items<'a> {
        self.children(Type::Array)
    }

    /// Every scalar below this value (itself, if it is one) with the name of the member that holds it, in document order.
    #[inline]
    pub fn leaves(&self) -> Leaves<'a> {
        Leaves { nodes: self.nodes, text: self.text, at: self.at, end: self.node().next }
    }

    /// The names of the members around the scalar that holds the byte `offset` of the document, the innermost first; array items
    /// have none. Nothing if the byte belongs to a key, a bracket or a blank. Costs no more for a larger document.
    pub fn names_at(&self, offset: usize) -> Names<'a> {
        let Value { nodes, text, .. } = *self;
        let after = nodes.partition_point(|node| node.span.0 as usize <= offset);
        let scalar = after.checked_sub(1).filter(|&at| {
            let node = &nodes[at];
            offset < node.span.1 as usize && !matches!(node.kind, Type::Object | Type::Array)
        });
        Names { nodes, text, at: scalar.unwrap_or_default() as u32, left: if scalar.is_some() { MAX_NAMES } else { 0 } }
    }

    /// The whole text that this value was parsed from; [`Value::span`] counts in it.
    #[inline]
    pub fn document(&self) -> &'a str {
        self.text
    }

    /// The outermost value of the document.
    #[inline]
    pub fn root(&self) -> Value<'a> {
        Value { at: 0, ..*self }
    }

    /// True if the document holds a backslash, and so an escape, anywhere.
    pub fn has_escapes(&self) -> bool {
        memchr::memchr(b'\\', self.text.as_bytes()).is_some()
    }

    /// Every string of the whole document that contains a backslash, in document order.
    pub fn escaped_strings(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let Value { nodes, text, .. } = *self;
        (0u32..).zip(nodes).filter(|(_, node)| node.escaped).map(move |(at, _)| Value { nodes, text, at })
    }

    /// Every key of the whole document that contains a backslash, unescaped, in document order.
    pub fn escaped_keys(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let Value { nodes, text, .. } = *self;
        nodes.iter().filter(|node| node.key_escaped).map(|node| unescaped(&text[node.key.0 as usize..node.key.1 as usize]))
    }

    /// Stands for the text of this member of the outermost object, key and all, if that repeats: equal ids mean equal text. None for
    /// most values, and for text that does not repeat.
    #[inline]
    pub fn part(&self) -> Option<u64> {
        self.node().part.get()
    }

    /// Byte offsets of a member in the parsed text, from the quote before its key to the end of its value.
    #[inline]
    pub fn member_span(&self) -> std::ops::Range<usize> {
        let Node { key, span, .. } = self.node();
        (key.0 as usize).saturating_sub(1)..span.1 as usize
    }

    /// True if the key of this value holds an escape.
    #[inline]
    pub fn key_is_escaped(&self) -> bool {
        self.node().key_escaped
    }

    /// The key under which this value stands in its object, as written; empty for array items.
    #[inline]
    pub fn key_raw(&self) -> &'a str {
        let (start, end) = self.node().key;
        &self.text[start as usize..end as usize]
    }

    /// True if the unescaped key of this value is `key`.
    #[inline]
    pub fn key_is(&self, key: &str) -> bool {
        let node = self.node();
        if node.key_escaped {
            return stands_for(self.key_raw(), key);
        }
        (node.key.1 - node.key.0) as usize == key.len() && self.key_raw() == key
    }

    #[inline]
    fn children(&self, of: Type) -> Items<'a> {
        let node = self.node();
        let end = if node.kind == of { node.next } else { self.at + 1 };
        Items { nodes: self.nodes, text: self.text, at: self.at + 1, end }
    }
}

#[cold]
fn unescaped(raw: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(raw.len());
    unescape_into(raw, &mut out);
    Cow::Owned(out)
}

/// Iterator over an array's items or an object's values.
#[derive(Clone)]
pub struct Items<'a> {
    nodes: &'a [Node],
    text: &'a str,
    at: u32,
    end: u32,
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    #[inline]
    fn next(&mut self) -> Option<Value<'a>> {
        if self.at >= self.end {
            return None;
        }
        let value = Value { nodes: self.nodes, text: self.text, at: self.at };
        self.at = self.nodes[self.at as usize].next;
        Some(value)
    }
}

/// Iterator over an object's members.
#[derive(Clone)]
pub struct Fields<'a> {
    inner: Items<'a>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a str, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<(&'a str, Value<'a>)> {
        let value = self.inner.next()?;
        Some((value.key_raw(), value))
    }
}

/// So many containers around a value are looked at for their names. Records that mean anything are far shallower.
const MAX_NAMES: u32 = 64;

/// Iterator over names, see [`Value::names_at`].
#[derive(Clone)]
pub struct Names<'a> {
    nodes: &'a [Node],
    text: &'a str,
    at: u32,
    left: u32,
}

impl<'a> Iterator for Names<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while self.left > 0 {
            let value = Value { nodes: self.nodes, text: self.text, at: self.at };
            let parent = value.node().parent;
            self.left = if parent == self.at { 0 } else { self.left - 1 };
            self.at = parent;
            if !value.key_raw().is_empty() {
                return Some(value.key_raw());
            }
        }
        None
    }
}

/// Iterator over scalars, see [`Value::leaves`].
#[derive(Clone)]
pub struct Leaves<'a> {
    nodes: &'a [Node],
    text: &'a str,
    at: u32,
    end: u32,
}

impl<'a> Iterator for Leaves<'a> {
    type Item = (&'a str, Value<'a>);

    fn next(&mut self) -> Option<(&'a str, Value<'a>)> {
        while self.at < self.end {
            let value = Value { nodes: self.nodes, text: self.text, at: self.at };
            self.at += 1;
            if !matches!(value.kind(), Type::Object | Type::Array) {
                return Some((value.key_raw(), value));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::json::Tape;

    #[test]
    fn finds_members() {
        let mut tape = Tape::default();
        let text = r#"{"a":{"b":[{"c":"x\ny"},2]},"n":12345678901234567890,"t":"true","e":"","z":null,"a2":1,"\u0064":7,"dup":1,"dup":2}"#;
        let v = tape.parse(text).unwrap();
        assert_eq!(v.path_text("a.b.[0].c").unwrap(), "x\ny");
        assert_eq!(v.get_text("n").unwrap(), "12345678901234567890");
        assert_eq!(v.get("t").unwrap().bool(), Some(true));
        assert_eq!(v.get("e").unwrap().str().unwrap(), "");
        assert!(v.get("e").unwrap().text().is_none());
        assert!(v.get("z").unwrap().text().is_none());
        assert_eq!(v.get("d").unwrap().u64(), Some(7));
        assert_eq!(v.get("dup").unwrap().u64(), Some(2));
        assert_eq!(v.get_ci("DUP").unwrap().u64(), Some(2));
        assert!(v.get("missing").is_none());
        assert!(v.path("a.b.c").is_none());
        let leaves: Vec<_> = v.get("a").unwrap().leaves().map(|(k, v)| (k, v.raw())).collect();
        assert_eq!(leaves, [("c", r#""x\ny""#), ("", "2")]);
        let names = |needle: &str| v.names_at(text.find(needle).unwrap()).collect::<Vec<_>>();
        assert_eq!(names("x\\ny"), ["c", "b", "a"]);
        assert_eq!(names("12345"), ["n"]);
        assert_eq!(names("b\""), [""; 0]);
        assert_eq!(v.get("a").unwrap().fields().count(), 1);
        assert_eq!(v.get("n").unwrap().fields().count(), 0);
    }
    #[test]
    fn names_of_places() {
        let mut tape = Tape::default();
        let deep = format!(r#"{{"a":{}"x"{}}}"#, "[".repeat(100), "]".repeat(100));
        for (text, offset, want) in [
            ("\"x\"", 1, vec![]),
            (r#"{"a":1,"b":{"c":[2,{"d":3}]},"e":4}"#, 5, vec!["a"]),
            (r#"{"a":1,"b":{"c":[2,{"d":3}]},"e":4}"#, 17, vec!["c", "b"]),
            (r#"{"a":1,"b":{"c":[2,{"d":3}]},"e":4}"#, 24, vec!["d", "c", "b"]),
            (r#"{"a":1,"b":{"c":[2,{"d":3}]},"e":4}"#, 33, vec!["e"]),
            (r#"{"a":1,"b":{"c":[2,{"d":3}]},"e":4}"#, 27, vec![]),
            (r#"{"":1}"#, 4, vec![]),
            (r#"{"a":1}"#, 100, vec![]),
            // Too deep to be anything we know.
            (&deep, 106, vec![]),
        ] {
            let value = tape.parse(text).unwrap();
            assert_eq!(value.names_at(offset).collect::<Vec<_>>(), want, "{offset} of {text}");
        }
    }
}
