//! What an action does, from the ordered rules of `effects.tsv`.

use crate::platform::Platform;
use crate::rows::EffectRule;
use regex::Regex;
use regex::bytes::{RegexSet, RegexSetBuilder};
use std::sync::OnceLock;
use vires_event::{Effect, Source};

/// Longest spelling a rule looks at.
const MAX: usize = 512;
/// Room for one platform's compiled rules.
const SIZE_LIMIT: usize = 32 << 20;
/// What reads no data, in every vendor's verbs: the fallback below the rules.
const DISCOVERY: &str = r"(?i)^[^:]*:(?:Describe|List|Get|Head|BatchGet|Search|Lookup)";

/// The rules of one platform, compiled at first use.
#[derive(Debug)]
pub(crate) struct Effects {
    platforms: Vec<OnceLock<Rules>>,
    /// The rules that stand behind every platform's own.
    shared: OnceLock<Rules>,
    discovery: OnceLock<Regex>,
}

#[derive(Debug)]
struct Rules {
    matcher: Matcher,
    effects: Vec<Effect>,
}

#[derive(Debug)]
enum Matcher {
    Set(RegexSet),
    /// Where the set as a whole is too large, or a pattern needs Unicode.
    Each(Vec<Regex>),
}

impl Effects {
    pub fn new() -> Self {
        Effects {
            platforms: Platform::ALL.iter().map(|_| OnceLock::new()).collect(),
            shared: OnceLock::new(),
            discovery: OnceLock::new(),
        }
    }

    /// The effect of an action spelled as in the contract, where there is a detail followed by a blank and the detail.
    pub fn of(&self, rules: &[EffectRule], source: Source, action: &str) -> Effect {
        let mut end = action.len().min(MAX);
        while !action.is_char_boundary(end) {
            end -= 1;
        }
        let action = action.get(..end).unwrap_or_default();
        let platform = platform_of(source, action);
        let own = self.platforms.get(platform as usize).map(|slot| slot.get_or_init(|| Rules::compile(rules, Some(platform))));
        if let Some(effect) = own.and_then(|rules| rules.first(action)) {
            return effect;
        }
        if let Some(effect) = self.shared.get_or_init(|| Rules::compile(rules, None)).first(action) {
            return effect;
        }
        let discovery = self.discovery.get_or_init(|| Regex::new(DISCOVERY).expect("a constant pattern"));
        if discovery.is_match(action) { Effect::Discover } else { Effect::Write }
    }
}

/// The platform whose rules apply. Kubernetes records come through GCP too, and OCSF records carry everybody's actions.
pub(crate) fn platform_of(source: Source, action: &str) -> Platform {
    match (Platform::of(source), action.split_once(':')) {
        (Platform::Ocsf, Some((prefix, _))) => {
            Platform::ALL.iter().copied().find(|p| p.prefix() == Some(prefix)).unwrap_or(Platform::Aws)
        }
        (platform, _) => platform,
    }
}

impl Rules {
    fn compile(rules: &[EffectRule], platform: Option<Platform>) -> Rules {
        let rules: Vec<&EffectRule> = rules.iter().filter(|r| r.platform == platform).collect();
        let set = RegexSetBuilder::new(rules.iter().map(|r| r.pattern.as_str()))
            .case_insensitive(true)
            // Actions are ASCII, and without Unicode's tables a set compiles in a fraction of the time.
            .unicode(false)
            .size_limit(SIZE_LIMIT)
            .build();
        Rules {
            matcher: match set {
                Ok(set) => Matcher::Set(set),
                Err(_) => Matcher::Each(rules.iter().map(|r| r.pattern.regex().clone()).collect()),
            },
            effects: rules.iter().map(|r| r.effect).collect(),
        }
    }

    fn first(&self, action: &str) -> Option<Effect> {
        let index = match &self.matcher {
            Matcher::Set(set) => set.matches(action.as_bytes()).iter().next(),
            Matcher::Each(each) => each.iter().position(|r| r.is_match(action)),
        };
        index.and_then(|i| self.effects.get(i)).copied()
    }
}
