//! What follows from the shape of a CloudTrail line: which of its variable places decide what is said, and which are only looked
//! through.

use crate::leak::Leaks;
use vires_catalog::{Catalog, IdentityMarker, Op};
use vires_event::Source;
use vires_source::cloudtrail::{Use, named, use_of};
use vires_source::json::{Shaped, Type, Value, slots};

/// What the identity markers of a catalogue look at.
#[derive(Debug)]
pub(super) struct Reads {
    /// No marker tells one address from another.
    addresses_are_alike: bool,
    /// Paths of members that a marker looks at.
    paths: Vec<String>,
}

/// The member that holds the caller's address.
const ADDRESS: &str = "sourceIPAddress";

impl Reads {
    /// `None` if a credential may stand half in a variable place and half outside.
    pub(super) fn new(catalog: &Catalog, leaks: &Leaks) -> Option<Self> {
        if leaks.any_crosses() {
            return None;
        }
        let mut reads = Reads { addresses_are_alike: true, paths: Vec::new() };
        for marker in catalog.identities().iter().filter(|marker| marker.source == Source::Cloudtrail) {
            for path in &marker.field {
                match first(path) {
                    ADDRESS | "@ip" => reads.addresses_are_alike &= refuses_addresses(marker),
                    _ => reads.paths.push(path.clone()),
                }
            }
            for path in &marker.unless {
                match first(path) {
                    ADDRESS | "@ip" => reads.addresses_are_alike = false,
                    _ => reads.paths.push(path.clone()),
                }
            }
        }
        Some(reads)
    }

    /// True if a marker looks at the member under these names, at one around it or, maybe, below it.
    fn looks_at(&self, names: &[&str]) -> bool {
        let whole = names.join(".");
        self.paths.iter().any(|path| {
            first(path) == names[0]
                && (names.len() == 1
                    || path.contains('[')
                    || whole.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
        })
    }
}

pub(crate) fn first(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or(path)
}

/// True if the marker accepts no text that is made of an address's characters alone.
pub(crate) fn refuses_addresses(marker: &IdentityMarker) -> bool {
    use Op::{Contains, ContainsAny, Eq, In, Prefix, PrefixAny, Suffix};
    matches!(marker.op, Contains | ContainsAny | Eq | In | Prefix | PrefixAny | Suffix)
        && !marker.values.is_empty()
        && marker.values.iter().all(|value| !value.is_empty() && !is_like_an_address(value.as_bytes()))
}

pub(crate) fn is_like_an_address(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':'))
}

/// The variable places of a shape, sorted by what they are good for.
#[derive(Debug)]
pub(super) struct Plan {
    decide: Box<[u16]>,
    /// The caller's address, if only that it is one decides.
    address: Option<u16>,
    /// Places that may hold anything, credentials too.
    loose: Box<[u16]>,
    /// Places that name what was touched; `None` if that is named by other texts, too.
    names: Option<Box<[u16]>>,
    /// Of S3 a bucket and the name of an object, which make one target.
    joins: bool,
    pub event_source: usize,
    pub event_name: usize,
    /// The nodes that say what was touched.
    pub parameters: Option<usize>,
    pub resources: Option<usize>,
}

/// What decides is not kept if it is longer.
pub(super) const MAX_KEY: usize = 768;

/// So deep names are not told.
const MAX_DEPTH: usize = 32;

impl Plan {
    /// The plan for the shape of a record; `None` if lines of that shape must go the long way. `field` is the member that is added.
    pub(super) fn new(root: Value<'_>, field: &str, reads: &Reads, leaks: &Leaks) -> Option<Self> {
        let named = named(root)?;
        if root.fields().any(|(_, member)| member.key_is(field)) {
            return None;
        }
        let (source, name) = (root.get("eventSource")?.number(), root.get("eventName")?.number());
        let (mut event_source, mut event_name) = (None, None);
        let mut plan = Plan {
            decide: Box::default(),
            address: None,
            loose: Box::default(),
            names: None,
            joins: false,
            event_source: 0,
            event_name: 0,
            parameters: named.parameters.map(|value| value.number()),
            resources: named.resources.map(|value| value.number()),
        };
        let (mut decide, mut loose, mut naming) = (Vec::new(), Vec::new(), Vec::new());
        for (number, (value, _)) in (0u16..).zip(slots(root)) {
            let mut names: Vec<&str> = root.names_at(value.span().start).take(MAX_DEPTH + 1).collect();
            if names.len() > MAX_DEPTH || names.is_empty() {
                return None;
            }
            names.reverse();
            match use_of(&names) {
                Use::Names if reads.looks_at(&names[..1]) => return None,
                Use::Passes if reads.looks_at(&names) => decide.push(number),
                Use::Names => {
                    loose.push(number);
                    naming.push(number);
                }
                Use::Passes => loose.push(number),
                Use::Address if reads.addresses_are_alike && plan.address.is_none() => plan.address = Some(number),
                Use::Address | Use::Decides => decide.push(number),
            }
            if value.number() == source {
                event_source = Some(usize::from(number));
            }
            if value.number() == name {
                event_name = Some(usize::from(number));
            }
        }
        (plan.event_source, plan.event_name) = (event_source?, event_name?);
        (plan.decide, plan.loose) = (decide.into(), loose.into());
        let texts = [named.parameters, named.resources].into_iter().flatten().flat_map(|value| value.leaves());
        let texts = texts.filter(|(_, leaf)| matches!(leaf.kind(), Type::String | Type::Number)).count();
        plan.names = (texts == naming.len()).then(|| naming.into());
        plan.joins = named.parameters.is_some_and(|of| of.get("key").is_some());
        holds_no_beginning(root, leaks).then_some(plan)
    }

    /// What decides, to find what was said by.
    pub(super) fn key<'k>(&self, shaped: &Shaped<'_, '_>, key: &'k mut Vec<u8>) -> Option<&'k [u8]> {
        key.clear();
        key.extend_from_slice(&shaped.id.0.to_le_bytes());
        key.extend_from_slice(&shaped.id.1.to_le_bytes());
        for slot in &self.decide {
            key.extend_from_slice(shaped.bytes(usize::from(*slot)));
            // Places hold ASCII.
            key.push(0xff);
        }
        if let Some(address) = self.address {
            let address = shaped.bytes(usize::from(address));
            key.extend_from_slice(if is_like_an_address(address) { b"\xfe" } else { address });
        }
        (key.len() <= MAX_KEY).then_some(key)
    }

    /// True if what may hold anything holds what a credential begins with.
    pub(super) fn may_leak(&self, shaped: &Shaped<'_, '_>, leaks: &Leaks) -> bool {
        self.loose.iter().chain(&self.address).any(|slot| leaks.any_begins_at(shaped, *slot))
    }

    /// True if nothing that names what was touched can hold a marker: `may_mark` says of a text whether it can.
    pub(super) fn marks_nothing(
        &self,
        shaped: &Shaped<'_, '_>,
        service: &str,
        mut may_mark: impl FnMut(&[u8]) -> bool,
    ) -> bool {
        if self.joins && service.starts_with("s3") {
            return false;
        }
        self.names.as_ref().is_some_and(|names| !names.iter().any(|slot| may_mark(shaped.bytes(usize::from(*slot)))))
    }

    /// True if one of the places that decide holds what a credential begins with, where it does not belong.
    pub(super) fn may_leak_where_it_decides(&self, root: Value<'_>, leaks: &Leaks) -> bool {
        let decides = |at: usize| {
            slots(root).position(|(_, slot)| slot.range().contains(&at)).is_some_and(|n| self.decide.contains(&(n as u16)))
        };
        let mut leak = false;
        leaks.begins(root.document(), |pattern, at| {
            leak |= decides(at) && !pattern.is_expected(Source::Cloudtrail, root.names_at(at));
        });
        leak
    }
}

/// True if what all lines of a shape share holds nothing that a credential begins with: else each line must be looked at.
pub(crate) fn holds_no_beginning(root: Value<'_>, leaks: &Leaks) -> bool {
    let mut clean = true;
    leaks.begins(root.document(), |_, at| clean &= slots(root).any(|(_, slot)| slot.range().contains(&at)));
    clean
}
