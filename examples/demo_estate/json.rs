//! JSON objects with their members in the order in which a vendor writes them.

use std::fmt::Display;

pub struct Object(String);

impl Object {
    pub fn new() -> Self {
        Object("{".into())
    }

    fn key(mut self, key: &str) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&quote(key));
        self.0.push(':');
        self
    }

    pub fn text(self, key: &str, value: impl Display) -> Self {
        let value = quote(&value.to_string());
        self.raw(key, value)
    }

    /// A value that is JSON already: an object, an array, a number, `true`, `null`.
    pub fn raw(self, key: &str, value: impl Display) -> Self {
        let mut object = self.key(key);
        object.0.push_str(&value.to_string());
        object
    }

    pub fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

pub fn quote(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// An array of texts.
pub fn texts(items: &[&str]) -> String {
    format!("[{}]", items.iter().map(|item| quote(item)).collect::<Vec<_>>().join(","))
}
