//! Members that repeat from record to record, indexed once: few identities write most lines of a log, each with the same
//! `userIdentity` to the byte.
//!
//! Before a member of the outermost object is parsed, the text is compared with members that stood there before. One that is equal,
//! key and all, parses equally, so its nodes are copied instead. A member that was met before also has a [`PartId`], by which others
//! may remember what they found in it. What is kept is bounded, and forgetting changes no answer.

use super::index::Node;
use super::value::Type;
use std::sync::atomic::{AtomicU64, Ordering};

/// Stands for the text of one member: equal ids mean equal text. Zero for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct PartId([u32; 2]);

impl PartId {
    fn new(id: u64) -> Self {
        PartId([id as u32, (id >> 32) as u32])
    }

    pub(super) fn get(self) -> Option<u64> {
        let [low, high] = self.0;
        Some(u64::from(high) << 32 | u64::from(low)).filter(|id| *id != 0)
    }
}

/// The next id, whoever takes it: ids of two threads must not be taken for each other. They only tell texts apart, no answer shows
/// them.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Members shorter than this are parsed as quickly as they are found. So many bytes of a member choose where it is kept.
const SHORT: usize = 64;
/// Of a member of at least this many bytes, so many do: the names of sessions differ late.
const LONG: usize = 128;
/// Longer ones hardly repeat, and would crowd out the others.
const MAX: usize = 2048;
/// So many nodes of a member are kept at most.
const MAX_NODES: usize = 64;
const SETS: usize = 256;
const WAYS: usize = 4;
/// Keys that are told apart when it comes to whether their members repeat.
const KEYS: usize = 256;
/// A key whose members were new this often more than they repeated is tried only now and then.
const DISTRUST: i16 = -500;
/// What one repetition weighs against members that were new.
const REPEATED: i16 = 8;

/// Members that were met, in the memory of one thread.
#[derive(Debug, Default)]
pub struct Parts {
    sets: Vec<Set>,
    keys: Vec<Key>,
    tick: u8,
}

#[derive(Debug, Default)]
struct Set {
    ways: [Part; WAYS],
    /// The way that the next newcomer takes.
    next: u8,
}

#[derive(Debug, Default)]
struct Part {
    /// From the quote before the key to the end of the value.
    text: Box<[u8]>,
    /// Spans count from the start of the text, indices from the first node.
    nodes: Box<[Node]>,
}

/// What is known of the members of a key.
#[derive(Debug, Clone, Copy, Default)]
struct Key {
    /// Shorter members were kept.
    short: bool,
    /// How often members repeated and were new.
    trust: i16,
}

/// Where a member that was not known is to be kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    key: u8,
    start: usize,
}

/// What became of looking a member up.
pub(super) enum Found {
    /// Its nodes were appended; it ends here.
    End(usize),
    /// To be parsed, and kept afterwards.
    New(Place),
    /// To be parsed.
    Unknown,
}

impl Parts {
    /// Looks for the member whose key's quote is at `start`; `nodes` gets its nodes if it is known.
    #[inline]
    pub(super) fn find(&mut self, bytes: &[u8], start: usize, nodes: &mut Vec<Node>) -> Found {
        let Some(rest) = bytes.get(start..).filter(|rest| rest.len() >= SHORT) else { return Found::Unknown };
        if self.keys.is_empty() {
            self.grow();
        }
        let key = key(rest);
        let known = &mut self.keys[usize::from(key)];
        if known.trust <= DISTRUST {
            self.tick = self.tick.wrapping_add(1);
            if self.tick != 0 {
                return Found::Unknown;
            }
        }
        let find = |window: usize| {
            let part = self.sets[set(rest, window)].ways.iter().find(|part| rest.starts_with(&part.text));
            part.filter(|part| !part.text.is_empty())
        };
        let Some(part) = find(LONG).or_else(|| if known.short { find(SHORT) } else { None }) else {
            known.trust = known.trust.saturating_sub(1).max(DISTRUST);
            return Found::New(Place { key, start });
        };
        known.trust = known.trust.max(DISTRUST / 2).saturating_add(REPEATED);
        let (first, start) = (nodes.len() as u32, start as u32);
        nodes.extend(part.nodes.iter().map(|node| Node {
            key: (node.key.0 + start, node.key.1 + start),
            span: (node.span.0 + start, node.span.1 + start),
            next: node.next + first,
            parent: node.parent + first,
            ..*node
        }));
        // Array items have no key, and the member itself belongs to the outermost object.
        for node in &mut nodes[first as usize..] {
            if node.key.0 == start {
                node.key = (0, 0);
            }
        }
        if let Some(member) = nodes.get_mut(first as usize) {
            member.parent = 0;
        }
        Found::End(start as usize + part.text.len())
    }

    /// Keeps the member that these nodes are of. The first of them gets the id.
    #[cold]
    pub(super) fn keep(&mut self, place: Place, bytes: &[u8], nodes: &mut [Node]) {
        let Place { key, start } = place;
        // Where a number or a word ends depends on what follows.
        let ends_itself = |n: &&Node| matches!(n.kind, Type::String | Type::Array | Type::Object);
        let Some(member) = nodes.first().filter(ends_itself) else { return };
        let Some(text) = bytes.get(start..member.span.1 as usize).filter(|t| (SHORT..=MAX).contains(&t.len())) else { return };
        if nodes.len() > MAX_NODES {
            return;
        }
        let first = member.next - nodes.len() as u32;
        let known = &mut self.keys[usize::from(key)];
        known.short |= text.len() < LONG;
        let set = &mut self.sets[set(text, if text.len() < LONG { SHORT } else { LONG })];
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        nodes[0].part = PartId::new(id);
        let at = start as u32;
        let relative = nodes.iter().map(|node| Node {
            key: (node.key.0.saturating_sub(at), node.key.1.saturating_sub(at)),
            span: (node.span.0 - at, node.span.1 - at),
            next: node.next - first,
            parent: node.parent.saturating_sub(first),
            ..*node
        });
        set.ways[usize::from(set.next) % WAYS] = Part { text: text.into(), nodes: relative.collect() };
        set.next = set.next.wrapping_add(1);
    }

    #[cold]
    fn grow(&mut self) {
        self.keys = vec![Key::default(); KEYS];
        self.sets.resize_with(SETS, Set::default);
    }
}

/// The number of the key that a member begins with. Other keys may have it too, and share its fate.
fn key(member: &[u8]) -> u8 {
    let name = member.get(1..SHORT).unwrap_or_default();
    let end = memchr::memchr(b'"', name).unwrap_or(name.len());
    (mix(word(member, 0) ^ end as u64, word(name, end.saturating_sub(8))) >> 56) as u8
}

/// The set for a member, chosen by its first bytes.
fn set(text: &[u8], window: usize) -> usize {
    let text = text.get(..window).unwrap_or(text);
    let hash = text.chunks_exact(8).fold(0, |hash, chunk| mix(hash, word(chunk, 0)));
    (hash >> 32) as usize % SETS
}

fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The eight bytes at `at`; zero where there are fewer.
#[inline]
fn word(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tape;
    use proptest::prelude::*;

    const IDENTITY: &str = r#"{"type":"IAMUser","list":[1,{"a":"\u0062"},[]],"arn":"arn:aws:iam::123456789012:user/deployer"}"#;

    /// Everything that an index says.
    fn said(tape: &mut Tape, text: &str, parts: Option<&mut Parts>) -> Option<String> {
        let root = match parts {
            Some(parts) => tape.parse_with(text, parts),
            None => tape.parse(text),
        };
        let root = root.ok()?;
        let leaves: Vec<_> = root
            .leaves()
            .map(|(key, v)| (key, v.key_raw(), v.raw(), v.str(), root.names_at(v.span().start).collect::<Vec<_>>()))
            .collect();
        let members: Vec<_> =
            root.fields().map(|(key, v)| (key, v.raw(), v.kind(), v.items().count(), v.fields().count())).collect();
        let escaped: Vec<_> = root.escaped_strings().map(|v| v.span()).collect();
        Some(format!("{leaves:?} {members:?} {escaped:?} {:?}", root.escaped_keys().collect::<Vec<_>>()))
    }

    #[test]
    fn what_is_equal_has_one_id_and_what_is_not_has_another() {
        let (mut tape, mut parts) = (Tape::default(), Parts::default());
        let mut ids = |text: &str| {
            let root = tape.parse_with(text, &mut parts).unwrap();
            root.fields().map(|(_, v)| v.part()).collect::<Vec<_>>()
        };
        let other = IDENTITY.replace("deployer", "observer");
        let line = |who: &str| format!(r#"{{"at":1,"userIdentity":{who},"n":"{}"}}"#, "x".repeat(200));
        let first = ids(&line(IDENTITY));
        assert!(first[0].is_none() && first[1].is_some() && first[1] != first[2]);
        let second = ids(&line(&other));
        assert_ne!(first[1], second[1]);
        assert_eq!(first[2], second[2]);
        assert_eq!(ids(&line(IDENTITY)), first);
        // The same text under another key, or deeper, is another part or none.
        assert_ne!(ids(&line(IDENTITY).replace("userIdentity", "identity"))[1], first[1]);
        let mut deeper = Tape::default();
        let wrapped = format!(r#"{{"log":{}}}"#, line(IDENTITY));
        assert_eq!(deeper.parse_with(&wrapped, &mut Parts::default()).unwrap().path("log.userIdentity").unwrap().part(), None);
        let mut elsewhere = Parts::default();
        let mut tape = Tape::default();
        let again = tape.parse_with(&line(IDENTITY), &mut elsewhere).unwrap().fields().map(|(_, v)| v.part()).nth(1);
        assert_ne!(again.flatten(), first[1], "two threads");
    }

    #[test]
    fn a_number_is_read_to_its_end() {
        let (mut tape, mut parts) = (Tape::default(), Parts::default());
        let key = "k".repeat(SHORT);
        for value in ["12", "123", "12e1", "true", "null", "truee", "1 2"] {
            let text = format!(r#"{{"{key}":{value},"z":"{key}"}}"#);
            let plain = said(&mut Tape::default(), &text, None);
            assert_eq!(said(&mut tape, &text, Some(&mut parts)), plain, "{value}");
        }
    }

    #[test]
    fn keys_whose_members_never_repeat_are_left_alone_and_stay_right() {
        let (mut tape, mut parts) = (Tape::default(), Parts::default());
        for n in 0..1000 {
            let text = format!(r#"{{"userIdentity":{IDENTITY},"requestParameters":{{"key":"{n:060}"}},"z":[{n}]}}"#);
            assert_eq!(said(&mut tape, &text, Some(&mut parts)), said(&mut Tape::default(), &text, None));
        }
        assert!(parts.keys.iter().any(|k| k.trust == DISTRUST) && parts.keys.iter().any(|k| k.trust > 0));
        let kept: usize = parts.sets.iter().flat_map(|s| &s.ways).filter(|w| !w.text.is_empty()).count();
        assert!(kept <= SETS * WAYS);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn says_the_same_as_without(lines in proptest::collection::vec(
            (proptest::sample::select(vec!["a", "userIdentity", "b\\u0062"]), 0..6usize, 0..4usize, any::<bool>()), 1..12)
        ) {
            let (mut tape, mut parts) = (Tape::default(), Parts::default());
            let values = [IDENTITY, "[]", "{}", "\"a long string of more than fifty bytes, é, and \\\" escapes\"", "7", "[[[[\"x\",{\"y\":[\"forty-eight bytes and then some more of them\"]}]]]]"];
            for (key, value, more, cut) in lines {
                let member = format!(r#""{key}":{}"#, values[value]);
                let text = format!("{{{}}}", [member.as_str(), values[more], member.as_str()][..].join(",\"z\" : ").replacen(&format!(",\"z\" : {member}"), &format!(",{member}"), 1));
                let text = if cut { text[..text.len() - 1].to_owned() } else { text };
                prop_assert_eq!(said(&mut tape, &text, Some(&mut parts)), said(&mut Tape::default(), &text, None), "{}", text);
            }
        }
    }
}
