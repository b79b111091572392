//! Lines that repeat what another said, but for when, from which address and what they touch: see [`vires_tag::Quick`].
//!
//! What such a line says of its workload is taken from the one before it; the rest is read from its places. Whatever is not clear at
//! once goes the long way, so that no verdict depends on what was met before.

use super::estate::Estate;
use super::memory::Memory;
use super::observe::{Touched, seen_in, workload_of};
use super::packed::{Packed, Texts};
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use vires_event::{Millis, Text, parse_time};
use vires_profile::WorkloadIndex;
use vires_profile::observation::{Habits, Observation, data_class_of, origin_of, zone_class_of};
use vires_source::cloudtrail::Giver;
use vires_source::json::{Shaped, Value, slots};
use vires_source::{Opened, annotation};
use vires_tag::{Kept, Met, Quick, Tags};

/// The memory of one thread.
#[derive(Debug, Default)]
pub(super) struct Again {
    pub kept: Kept,
    pub templates: Templates,
}

/// What is said of the workload, by [`Met::number`]. There is none where lines must go the long way.
#[derive(Debug, Default)]
pub(super) struct Templates {
    of: FxHashMap<(u32, u32), Option<Box<Template>>>,
    /// Bytes of them.
    bytes: usize,
}

/// So much is kept; then all is forgotten and learned anew.
const MAX_BYTES: usize = 16 << 20;

/// What lines say that agree in all that decides.
#[derive(Debug)]
pub(super) struct Template {
    /// When.
    time: usize,
    /// `None` if nothing is to be judged.
    said: Option<Said>,
}

/// What is said of the workload, and the places of what differs from line to line.
#[derive(Debug)]
struct Said {
    texts: Texts,
    o: Packed,
    /// The bare name of who acted.
    name: String,
    workload: Option<WorkloadIndex>,
    giver: Giver,
    event_id: Option<usize>,
    region: Option<usize>,
    issued: Option<usize>,
    bytes: Option<usize>,
    address: Option<usize>,
    /// The address that it came from, and whether it is one.
    from: (String, bool),
    /// The service and the private network it came through.
    service: Option<String>,
    network: Option<String>,
}

/// A longer text would have been cut.
const MAX_WORD: usize = 256;

impl Again {
    /// Learns from a line that went the long way. Its activity must not have been taken.
    pub fn learn(&mut self, quick: &Quick, estate: &Estate, opened: &Opened<'_>, tags: &Tags<'_>, memory: &mut Memory) {
        let Again { kept, templates: Templates { of, bytes } } = self;
        quick.learn(opened, tags, &estate.classifier, kept, &mut memory.memo);
        let Some(number) = kept.learned().filter(|number| !of.contains_key(number)) else { return };
        if *bytes > MAX_BYTES {
            (*of, *bytes) = Default::default();
        }
        let template = Template::new(estate, opened, tags, memory).map(Box::new);
        *bytes += size_of::<Template>() + template.as_ref().map_or(0, |t| t.said.as_ref().map_or(0, |said| said.texts.len()));
        of.insert(number, template);
    }
}

impl Templates {
    /// What lines like this one say of their workload, if that is known and they need not go the long way.
    pub fn of(&self, met: &Met<'_, '_>) -> Option<&Template> {
        self.of.get(&met.number)?.as_deref().filter(|_| !met.marked)
    }
}

/// The variable place of a member.
fn place(places: &[Value<'_>], record: Value<'_>, path: &[&str]) -> Option<usize> {
    let value = path.iter().try_fold(record, |value, key| value.get(key))?;
    places.iter().position(|held| held.number() == value.number())
}

impl Template {
    /// `None` if lines like this one must go the long way.
    fn new(estate: &Estate, opened: &Opened<'_>, tags: &Tags<'_>, memory: &mut Memory) -> Option<Self> {
        let (record, activity) = (opened.record?, opened.activity.as_ref()?);
        let leaks = !tags.hides_nothing() || !tags.leaks.is_empty();
        if leaks || annotation(opened).is_some() || activity.detection.is_some() {
            return None;
        }
        activity.at()?;
        let places: Vec<Value<'_>> = slots(record).map(|(held, _)| held).collect();
        let place = |path: &[&str]| place(&places, record, path);
        let text = |slot: Option<usize>| places.get(slot?)?.text();
        let time = place(&["eventTime"])?;
        let giver = Giver::of(record)?;
        let (event_id, region) = (place(&["eventID"]), place(&["awsRegion"]));
        let issued = place(&["userIdentity", "sessionContext", "attributes", "creationDate"]);
        let address = place(&["sourceIPAddress"]);
        let from = text(address).unwrap_or_default().into_owned();
        // What is read from these places must be what the decoder reads from them. Without a region it is not known whether one counts.
        let read = [
            (Some(time), activity.time.as_ref()),
            (event_id, activity.event_id.as_ref()),
            (region, activity.place.region.as_ref()),
            (issued, activity.credential.as_ref().and_then(|c| c.issued.as_ref())),
        ];
        let differs = |(slot, read): (Option<usize>, Option<&Text<'_>>)| slot.is_some() && text(slot).as_ref() != read;
        if read.into_iter().any(differs) || (region.is_some() && activity.place.region.is_none()) {
            return None;
        }
        let workload =
            activity.identity.as_ref().and_then(|identity| workload_of(&estate.inventory, identity, &activity.links, memory));
        let (service, network) = (activity.origin.service.as_deref(), activity.origin.network.as_deref());
        let (service, network) = (service.map(str::to_owned), network.map(str::to_owned));
        let is_address = activity.origin.ip.is_some();
        let name = activity.identity.as_ref().map_or("", |identity| &identity.name).to_owned();
        if !estate.classifier.is_clean(&name) {
            return None;
        }
        let Some(o) = seen_in(estate, activity.clone(), opened.record, tags, memory) else {
            return Some(Template { time, said: None });
        };
        // An age that is not read from a place of its own would grow.
        if o.credential.as_ref().is_some_and(|c| c.age_s.is_some()) && issued.is_none() {
            return None;
        }
        let mut texts = Texts::default();
        let o = Packed::pack(o, &mut texts);
        let said = Said {
            texts,
            o,
            name,
            workload,
            giver,
            event_id,
            region,
            issued,
            bytes: place(&["additionalEventData", "bytesTransferredOut"]),
            address,
            from: (from, is_address),
            service,
            network,
        };
        Some(Template { time, said: Some(said) })
    }

    /// What a line says of its workload: `None` inside if nothing is to be judged. `None` if it must go the long way.
    #[allow(clippy::option_option)]
    pub fn observe<'k>(&'k self, estate: &'k Estate, met: Met<'k, 'k>, habits: &mut Habits) -> Option<Option<Observation<'k>>> {
        let at = parse_time(word(met.shaped(), self.time)??)?;
        match &self.said {
            None => Some(None),
            Some(said) => said.observe(at, estate, met, habits).map(Some),
        }
    }
}

/// What stands in a variable place; `None` inside if nothing does. `None` if it would have been cut.
#[allow(clippy::option_option)]
fn word<'l>(shaped: &Shaped<'_, 'l>, slot: usize) -> Option<Option<&'l str>> {
    let text = shaped.text(slot);
    (text.len() <= MAX_WORD).then_some((!text.is_empty()).then_some(text))
}

impl Said {
    fn observe<'k>(
        &'k self,
        at: Millis,
        estate: &'k Estate,
        mut met: Met<'k, 'k>,
        habits: &mut Habits,
    ) -> Option<Observation<'k>> {
        let parameters = if self.giver.is_idle() { None } else { met.parameters()? };
        let (inventory, shaped) = (&estate.inventory, met.shaped());
        let mut o = self.o.unpack(&self.texts);
        o.at = at;
        if let Some(workload) = self.workload {
            o.mapping = inventory.workload(workload).mapping(at);
        }
        if let Some(slot) = self.event_id {
            o.event_id = word(shaped, slot)?.map(Text::Borrowed);
        }
        // Of some services the region says nothing.
        if let Some(slot) = self.region.filter(|_| o.region.is_some()) {
            o.region = Some(Text::Borrowed(word(shaped, slot)??));
        }
        if let (Some(slot), Some(credential)) = (self.issued, &mut o.credential) {
            let issued = word(shaped, slot)?.and_then(parse_time);
            credential.age_s = issued.and_then(|issued| u64::try_from((at - issued) / 1000).ok());
        }
        if let Some(slot) = self.bytes {
            o.bytes = shaped.text(slot).split('.').next().and_then(|whole| whole.parse().ok());
        }
        if let Some(address) = self.address.map(|slot| shaped.text(slot)).filter(|address| *address != self.from.0) {
            if !self.from.1 || address.len() > MAX_WORD || address.parse::<IpAddr>().is_err() {
                return None;
            }
            let zone = inventory.zones.lookup(Some(address), None, self.service.as_deref());
            o.ip = Some(Text::Borrowed(address));
            o.origin = origin_of(zone, Some(address), self.network.as_deref(), None, habits);
            o.zone_class = zone_class_of(zone, o.origin.as_deref());
        }
        let (service, operation) = met.action();
        o.destinations = self.giver.destinations(parameters, service, operation);
        let touched = Touched::of(inventory, &met.targets, met.data_class, o.effect);
        o.data_class = data_class_of(touched.declared, touched.named, o.effect);
        o.labels = touched.labels;
        let mut names = met.targets.iter().map(|target| &target.name).chain(&o.destinations);
        if !names.all(|name| estate.classifier.is_clean(name)) {
            return None;
        }
        o.set_targets(met.targets);
        o.renews_itself = o.renews(&self.name);
        Some(o)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judging::observe::{owned, seen};
    use serde_json::Value as Json;
    use std::path::Path;
    use std::sync::Arc;
    use vires_catalog::Catalog;
    use vires_profile::{Exceptions, Inventory};
    use vires_source::open;
    use vires_tag::Classifier;
    use vires_tag::object::Object;

    const INVENTORY: &str = r#"
schema = "vires-inventory/1"
[[zone]]
name = "nat"
class = "internal"
cidrs = ["203.0.113.0/25", "10.1.0.0/16"]
[[data]]
match = ["s3:*payroll*", "iam:*"]
class = 3
labels = ["pii"]
[[workload]]
id = "one"
owner = { team = "t", expires = 2026-03-01 }
purpose = "p"
principals = ["aws:role/*", "aws:user/123456789012/*"]
[workload.expect]
max_tier = 1
"#;

    fn estate() -> Estate {
        let catalog = Arc::new(Catalog::builtin().unwrap());
        Estate {
            classifier: Arc::new(Classifier::new(&catalog).unwrap()),
            inventory: Arc::new(Inventory::from_toml(INVENTORY, "i").unwrap()),
            exceptions: Arc::new(Exceptions::default()),
            year: None,
        }
    }

    /// What a line says by the long way, which teaches `again`: of its workload, and in its object as far as the judge has no say.
    fn by_the_long_way(
        estate: &Estate,
        quick: &Quick,
        line: &str,
        again: &mut Again,
    ) -> (Option<Observation<'static>>, Vec<u8>) {
        let mut scratch = vires_source::Scratch::default();
        let mut memory = Memory::default();
        let mut opened = open(line.as_bytes(), &mut scratch);
        let tags = estate.classifier.classify(&opened, &mut memory.memo);
        again.learn(quick, estate, &opened, &tags, &mut memory);
        let mut bytes = Vec::new();
        let mut object = Object::open(&mut bytes);
        tags.write(&mut object);
        object.pause();
        (seen(estate, &mut opened, &tags, &mut memory).map(owned), bytes)
    }

    /// Every text and number of a record in turn is replaced by something else.
    fn variants(record: &Json) -> Vec<Json> {
        const TEXTS: [&str; 10] = [
            "",
            "x",
            "203.0.113.77",
            "198.51.100.200",
            "10.20.1.1",
            "2026-02-27T10:11:12Z",
            "2026-04-01T00:00:00Z",
            "12.5",
            "arn:aws:s3:::acme-payroll/2026/a.csv",
            "AKIARZPUZDIKABNMHEL6",
        ];
        fn leaves(value: &Json, at: String, out: &mut Vec<String>) {
            match value {
                Json::Object(of) => of.iter().for_each(|(key, value)| leaves(value, format!("{at}/{key}"), out)),
                Json::Array(of) => (0..).zip(of).for_each(|(n, value): (usize, _)| leaves(value, format!("{at}/{n}"), out)),
                Json::String(_) | Json::Number(_) => out.push(at),
                _ => {}
            }
        }
        let mut paths = Vec::new();
        leaves(record, String::new(), &mut paths);
        let long = "long".repeat(100);
        let mut all = vec![record.clone()];
        for path in paths {
            for text in TEXTS.iter().copied().chain([&*long]) {
                let mut other = record.clone();
                if let Some(value) = other.pointer_mut(&path) {
                    *value = if value.is_string() { text.into() } else { (text.len() * 7).into() };
                    all.push(other);
                }
            }
        }
        all
    }

    #[test]
    fn memory_says_what_the_long_way_says() {
        let estate = estate();
        let quick = Quick::new(&estate.classifier, "nhi");
        let (mut again, mut memory, mut met_again) = (Again::default(), Memory::default(), 0);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/logs/cloudtrail");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "ndjson")).collect();
        files.sort();
        let texts = files.iter().map(|path| std::fs::read_to_string(path).unwrap());
        let records: Vec<Json> =
            texts.flat_map(|text| text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect::<Vec<_>>()).collect();
        for line in records.iter().flat_map(variants).map(|record| record.to_string()) {
            for _ in 0..3 {
                let said = by_the_long_way(&estate, &quick, &line, &mut again);
                let (Memory { memo, habits, .. }, Again { kept, templates }) = (&mut memory, &mut again);
                let from_memory = quick.meet(line.as_bytes(), &estate.classifier, kept, memo, |met| {
                    let template = templates.of(&met)?;
                    let mut object = Vec::new();
                    met.begin(&mut object)?;
                    Some((template.observe(&estate, met, habits)?.map(owned), object))
                });
                if let Some(from_memory) = from_memory {
                    assert_eq!(from_memory, said, "{line}");
                    met_again += 1;
                }
            }
        }
        assert!(met_again > 1000, "the short way is taken: {met_again}");
    }
}
