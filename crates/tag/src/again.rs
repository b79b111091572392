//! Answers a JSON record of a source that repeats itself from what was said of a record like it.
//!
//! Of a line whose shape is known (see [`vires_source::json::Shapes`]) some texts decide all that is said (see
//! [`vires_source::repeats`]), and the finished object is kept by them. Times, numbers and addresses are only searched for credentials.
//! Whatever is not clear at once goes the long way, which alone fills the memory: no answer depends on what was met before.
//! CloudTrail has a way of its own, [`crate::quick`].

use crate::classify::Classifier;
use crate::leak::Leaks;
use crate::memo::{Cache, Memo};
use crate::others::{Other, Places};
use crate::quick::{first, holds_no_beginning, is_like_an_address, refuses_addresses};
use crate::said::Said;
use crate::tags::Tags;
use vires_catalog::IdentityMarker;
use vires_event::Source;
use vires_source::json::{Shaped, Shapes, Value, slots};
use vires_source::repeats::{Use, repeats, use_of};
use vires_source::{Opened, Shape};

/// The memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    shapes: Shapes,
    /// Of the shapes by number: what follows from each, once that is known; for as long as shapes are not forgotten.
    plans: Vec<Option<Option<Plan>>>,
    forgotten: u32,
    said: Cache<Said, 8192>,
    /// Bytes of what was said, and of what decided it.
    bytes: usize,
    key: Vec<u8>,
    unescaped: Vec<u8>,
}

/// So much is kept; then it is forgotten and learned anew.
const MAX_KEPT: usize = 4 << 20;

/// What decides is not kept if it is longer.
const MAX_KEY: usize = 1024;

/// So deep names are not told.
const MAX_DEPTH: usize = 32;

/// The variable places of a shape, sorted by what they are good for.
#[derive(Debug)]
struct Plan {
    source: Source,
    decide: Box<[u16]>,
    /// Places of which only that they hold an address decides.
    addresses: Box<[u16]>,
    /// Places that pass.
    loose: Box<[u16]>,
}

impl Plan {
    /// `None` if lines of that shape must go the long way. `field` is the member that is added.
    fn new(root: Value<'_>, source: Source, field: &str, classifier: &Classifier) -> Option<Self> {
        let (mut decide, mut addresses, mut loose) = (Vec::new(), Vec::new(), Vec::new());
        if root.fields().any(|(_, member)| member.key_is(field)) || !holds_no_beginning(root, classifier.leaks()) {
            return None;
        }
        let markers = || classifier.catalog().identities().iter().filter(|marker| marker.source == source);
        for (number, (value, _)) in (0u16..).zip(slots(root)) {
            let mut names: Vec<&str> = root.names_at(value.span().start).take(MAX_DEPTH + 1).collect();
            if names.len() > MAX_DEPTH || names.is_empty() {
                return None;
            }
            names.reverse();
            match use_of(source, &names) {
                Use::Passes if !markers().any(|marker| looks_at(&marker.field, &names) || looks_at(&marker.unless, &names)) => {
                    loose.push(number);
                }
                Use::Address if markers().all(|marker| is_deaf(marker, &names)) => addresses.push(number),
                _ => decide.push(number),
            }
        }
        Some(Plan { source, decide: decide.into(), addresses: addresses.into(), loose: loose.into() })
    }

    /// What decides, to find what was said by.
    fn key<'k>(&self, shaped: &Shaped<'_, '_>, key: &'k mut Vec<u8>) -> Option<&'k [u8]> {
        key.clear();
        key.extend_from_slice(&shaped.id.0.to_le_bytes());
        key.extend_from_slice(&shaped.id.1.to_le_bytes());
        for slot in &self.decide {
            key.extend_from_slice(shaped.bytes(usize::from(*slot)));
            // Places hold ASCII.
            key.push(0xff);
        }
        for slot in &self.addresses {
            let address = shaped.bytes(usize::from(*slot));
            key.extend_from_slice(if is_like_an_address(address) { b"\xfe" } else { address });
            key.push(0xff);
        }
        (key.len() <= MAX_KEY).then_some(key)
    }

    /// True if a place that does not decide holds what a credential may begin with.
    fn may_leak(&self, shaped: &Shaped<'_, '_>, leaks: &Leaks) -> bool {
        self.loose.iter().chain(&self.addresses).any(|slot| leaks.any_begins_at(shaped, *slot))
    }

    /// True if a place that decides holds what a credential begins with, where it does not belong.
    fn may_leak_where_it_decides(&self, root: Value<'_>, leaks: &Leaks) -> bool {
        let mut leak = false;
        leaks.begins(root.document(), |pattern, at| {
            leak |= self
                .decide
                .iter()
                .any(|n| slots(root).nth(usize::from(*n)).is_some_and(|(_, slot)| slot.range().contains(&at)))
                && !pattern.is_expected(self.source, root.names_at(at));
        });
        leak
    }

    /// True if a value holds a place that does not decide.
    fn passes(&self, root: Value<'_>, value: Value<'_>) -> bool {
        let (span, places) = (value.span(), self.loose.iter().chain(&self.addresses));
        places.filter_map(|n| slots(root).nth(usize::from(*n))).any(|(_, slot)| span.contains(&slot.range().start))
    }
}

/// True if one of the paths may lead to the member under these names, or to one around it.
fn looks_at(paths: &[String], names: &[&str]) -> bool {
    let whole = names.join(".");
    let around = |path: &str| whole.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let begins = |path: &str| names.first().is_some_and(|name| *name == first(path));
    paths.iter().any(|path| around(path) || (path.contains('[') && begins(path)))
}

/// True if a marker cannot tell one address from another where these names stand.
fn is_deaf(marker: &IdentityMarker, names: &[&str]) -> bool {
    let looks = |paths: &[String]| looks_at(paths, names) || paths.iter().any(|path| path == "@ip");
    !looks(&marker.unless) && (!looks(&marker.field) || refuses_addresses(marker))
}

impl Kept {
    /// What is said of `line`, and what stands in the places of it, if a line like it was met.
    pub(crate) fn find<'l>(&mut self, line: &'l [u8], leaks: &Leaks) -> Option<Other<'_, 'l>> {
        let Kept { shapes, plans, forgotten, said, key, unescaped, .. } = self;
        let shaped = shapes.find(line, unescaped)?;
        if shaped.escaped.is_some() || shaped.id.0 != *forgotten {
            return None;
        }
        let plan = plans.get(shaped.id.1 as usize)?.as_ref()?.as_ref()?;
        let said = said.get(plan.key(&shaped, key)?)?;
        let brace = shaped.end(0)?.checked_sub(1)?;
        (!plan.may_leak(&shaped, leaks)).then_some(Other { said, places: Places::Record { shaped, brace } })
    }

    /// Learns from a line that went the long way. Gives the number of what is said of lines like it, if they will be met.
    pub(crate) fn learn(
        &mut self,
        line: &Opened<'_>,
        tags: &Tags<'_>,
        field: &str,
        (classifier, memo): (&Classifier, &mut Memo),
        last: &mut u64,
    ) -> Option<u64> {
        let (Shape::Object(_), Some(record), Some(activity)) = (line.shape, line.record, &line.activity) else { return None };
        let known = line.layers.is_empty() && line.valid_utf8 && record.number() == 0 && tags.error.is_none();
        let leaks = classifier.leaks();
        if !known || !repeats(activity.source) || leaks.any_crosses() {
            return None;
        }
        let Kept { shapes, plans, forgotten, said, bytes, key, unescaped } = self;
        let Some(shaped) = shapes.find(record.document().as_bytes(), unescaped) else {
            shapes.learn(record);
            return None;
        };
        if shaped.escaped.is_some() {
            return None;
        }
        if shaped.id.0 != *forgotten {
            plans.clear();
            *forgotten = shaped.id.0;
        }
        let number = shaped.id.1 as usize;
        if plans.len() <= number {
            plans.resize_with(number + 1, || None);
        }
        let plan = plans[number].get_or_insert_with(|| Plan::new(record, activity.source, field, classifier));
        let plan = plan.as_ref().filter(|plan| plan.source == activity.source)?;
        let key = plan.key(&shaped, key)?;
        if let Some(known) = said.get(key) {
            return (!plan.may_leak(&shaped, leaks)).then_some(known.number);
        }
        if plan.may_leak_where_it_decides(record, leaks) || plan.may_leak(&shaped, leaks) {
            return None;
        }
        // What raises the severity must not look where the next line may have something else.
        let mut passes = false;
        if let Some(row) = classifier.condition(activity, memo) {
            classifier.condition_reads(row, record, |value| passes |= plan.passes(record, value));
        }
        let new = if passes { None } else { Said::new(tags, line, last) }?;
        // Few combinations write most lines; who writes others all the time gets no more memory by it.
        if *bytes > MAX_KEPT {
            (*said, *bytes) = (Cache::default(), 0);
        }
        *bytes += key.len() + new.object.len();
        let number = new.number;
        said.put(key, new);
        Some(number)
    }
}
