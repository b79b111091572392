//! Closed vocabularies of the catalogue's own columns, in the manner of `vires-event`'s.

macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $vocabulary:literal { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every word, in the order in which it is documented.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word as it stands in the files.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl crate::word::Word for $name {
            const VOCABULARY: &'static str = $vocabulary;
            fn all() -> Vec<&'static str> { Self::ALL.iter().map(|w| w.as_str()).collect() }
            fn read(s: &str) -> Option<Self> {
                match s { $($word => Some($name::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use words;

use vires_event::{Actor, Boundary, Class, Effect, Kind, Source};

/// A closed vocabulary that a cell can be read as.
pub(crate) trait Word: Sized {
    const VOCABULARY: &'static str;
    fn all() -> Vec<&'static str>;
    fn read(s: &str) -> Option<Self>;
}

macro_rules! event_word {
    ($($name:ident = $vocabulary:literal),+ $(,)?) => {
        $(impl Word for $name {
            const VOCABULARY: &'static str = $vocabulary;
            fn all() -> Vec<&'static str> { Self::ALL.iter().map(|w| w.as_str()).collect() }
            fn read(s: &str) -> Option<Self> { s.parse().ok() }
        })+
    };
}

event_word! {
    Actor = "actor", Boundary = "boundary", Class = "class", Effect = "effect", Kind = "kind", Source = "source",
}
