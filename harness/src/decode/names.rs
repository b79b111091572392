use rustc_hash::FxHashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

/// A text that was seen, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(NonZeroU32);

impl Name {
    /// Numbers start at 1, so that an absent name costs nothing.
    fn of(index: u32) -> Name {
        Name(NonZeroU32::MIN.saturating_add(index))
    }
}

/// Every distinct text once.
#[derive(Debug, Clone, Default)]
pub struct Names {
    texts: Vec<Arc<str>>,
    numbers: FxHashMap<Arc<str>, u32>,
}

impl Names {
    /// The number of a text, new or known.
    pub fn put(&mut self, text: &str) -> Name {
        if let Some(number) = self.numbers.get(text) {
            return Name::of(*number);
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let shared: Arc<str> = text.into();
        self.texts.push(Arc::clone(&shared));
        self.numbers.insert(shared, number);
        Name::of(number)
    }

    /// The number of a text that is known.
    pub fn find(&self, text: &str) -> Option<Name> {
        self.numbers.get(text).map(|n| Name::of(*n))
    }

    /// The text of a number.
    pub fn text(&self, name: Name) -> &str {
        self.texts.get(name.0.get() as usize - 1).map_or("", |t| t)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_each_text_once() {
        let mut names = Names::default();
        let (a, b) = (names.put("a"), names.put("b"));
        assert_eq!((names.put("a"), names.text(b)), (a, "b"));
        assert_eq!((names.find("b"), names.find("c")), (Some(b), None));
    }
}
