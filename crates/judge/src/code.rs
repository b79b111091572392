use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($variant:ident = $word:literal),+ $(,)?) => {
        /// Evidence code: short, stable, what exceptions and tunings name. The criterion of the same code says what it means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(missing_docs)]
        pub enum Code { $(#[serde(rename = $word)] $variant),+ }

        impl Code {
            /// All codes, in the order in which they are printed.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// As written.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $word),+ }
            }

            /// The code of this spelling.
            pub fn from_word(word: &str) -> Option<Code> {
                Code::ALL.iter().copied().find(|c| c.as_str().eq_ignore_ascii_case(word))
            }
        }
    };
}

codes! {
    N1 = "N1", P1 = "P1", P2 = "P2", P3 = "P3", P4 = "P4", P5 = "P5", P6 = "P6", P7 = "P7", D1 = "D1", D2 = "D2", D3 = "D3", D4 = "D4", D5 = "D5",
    T1 = "T1", C1 = "C1", T2 = "T2", T3 = "T3", T4 = "T4", T5 = "T5", T6 = "T6", T7 = "T7", T8 = "T8", T9 = "T9",
    V1 = "V1", V2 = "V2", V3 = "V3", V4 = "V4",
}

/// What an identity does that its owners did not mean it to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Break {
    /// Other actions, data or receivers than it is for.
    Purpose,
    /// In other hands, or under another authority.
    Ownership,
    /// From elsewhere, at other times, in other amounts.
    AccessPattern,
}

impl Break {
    /// All, in the order in which they are printed.
    pub const ALL: [Break; 3] = [Break::Purpose, Break::Ownership, Break::AccessPattern];

    /// The word as it stands in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Break::Purpose => "purpose",
            Break::Ownership => "ownership",
            Break::AccessPattern => "access_pattern",
        }
    }
}

/// What is done about a case, in rising order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// Nothing: expected.
    #[default]
    Suppress,
    /// Keep an eye on it.
    Watch,
    /// Nobody can say whether this is expected, because owner, workload or profile is missing.
    CannotJudge,
    /// Somebody has to look.
    Escalate,
    /// At once.
    Page,
}

impl Disposition {
    /// The word as it stands in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Disposition::Suppress => "suppress",
            Disposition::Watch => "watch",
            Disposition::CannotJudge => "cannot_judge",
            Disposition::Escalate => "escalate",
            Disposition::Page => "page",
        }
    }
}

impl std::fmt::Display for Disposition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
