//! Lines that repeat what another said, but for when, from which address and what they touch: see [`vires_tag::Quick`].
//!
//! What such a line says of its workload is taken from the one before it; the rest is read from its places. Whatever is not clear at
//! once goes the long way, so that no verdict depends on what was met before.

use super::deed::{Deeds, MOST_BYTES, Repeated};
use super::estate::Estate;
use super::memory::Memory;
use super::observe::{Touched, seen_in, workload_of};
use super::packed::{Packed, Texts};
use super::taught::{Lesson, Taught};
use rustc_hash::FxHashMap;
use std::cell::Cell;
use std::net::IpAddr;
use vires_event::{Link, Millis, Text, parse_time};
use vires_judge::joins::Plain;
use vires_judge::{Judge, shard_of};
use vires_profile::WorkloadIndex;
use vires_profile::baseline::bounded;
use vires_profile::observation::{Habits, Mapping, Observation, Unwatched, data_class_of, origin_of, zone_class_of};
use vires_profile::zones::ZoneClass;
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
    /// Bytes of what they keep.
    kept: Cell<usize>,
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
    taught: Taught,
    deeds: Deeds,
}

/// What stands in the places of a line, but for what was touched.
struct Read<'k> {
    at: Millis,
    event_id: Option<&'k str>,
    region: Option<&'k str>,
    age_s: Option<u64>,
    bytes: Option<u64>,
    /// The address, if it is another than that of the template.
    ip: Option<&'k str>,
    origin: Option<Text<'k>>,
    zone_class: ZoneClass,
}

/// A longer text would have been cut.
const MAX_WORD: usize = 256;

impl Again {
    /// Learns from a line that went the long way. Its activity must not have been taken.
    pub fn learn(&mut self, quick: &Quick, estate: &Estate, opened: &Opened<'_>, tags: &Tags<'_>, memory: &mut Memory) {
        let Again { kept, templates: Templates { of, bytes, kept: deeds } } = self;
        quick.learn(opened, tags, &estate.classifier, kept, &mut memory.memo);
        let Some(number) = kept.learned().filter(|number| !of.contains_key(number)) else { return };
        if *bytes > MAX_BYTES {
            (*of, *bytes, *deeds) = Default::default();
        }
        if deeds.get() > MOST_BYTES {
            let said = of.values_mut().flatten().filter_map(|template| template.said.as_mut());
            said.for_each(|said| said.deeds = Deeds::default());
            deeds.set(0);
        }
        let template = Template::new(estate, opened, tags, memory).map(Box::new);
        *bytes += size_of::<Template>() + template.as_ref().map_or(0, |t| t.said.as_ref().map_or(0, |said| said.texts.len()));
        of.insert(number, template);
    }
}

/// What a line says of its workload, as it waits to be judged.
#[derive(Debug)]
pub(super) enum Seen {
    /// As a whole; and if nothing of it is new.
    Whole(Box<Packed>, Option<Plain>, usize),
    /// As far as it does not repeat another.
    Again(Box<Repeated>),
}

impl Seen {
    /// An observation, with its texts in `texts`.
    pub fn whole(o: Observation<'_>, judge: &Judge, texts: &mut Texts) -> Self {
        let (plain, shard) = (judge.plain(&o), shard_of(&bounded(&o.workload)));
        Seen::Whole(Box::new(Packed::pack(o, texts)), plain, shard)
    }

    /// How far the identity leads to an owner.
    pub fn mapping(&self) -> Mapping {
        match self {
            Seen::Whole(packed, ..) => packed.mapping(),
            Seen::Again(repeated) => repeated.mapping,
        }
    }

    /// The shard of its workload.
    pub fn shard(&self) -> usize {
        match self {
            Seen::Whole(.., shard) => *shard,
            Seen::Again(repeated) => repeated.deed.shard(),
        }
    }

    /// The observation as it was.
    pub fn unpack<'t>(&'t self, texts: &'t Texts) -> Observation<'t> {
        match self {
            Seen::Whole(packed, ..) => packed.unpack(texts),
            Seen::Again(repeated) => repeated.unpack(texts),
        }
    }
}

impl Templates {
    /// Counts what templates keep.
    pub fn kept(&self) -> &Cell<usize> {
        &self.kept
    }

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
            taught: Taught::default(),
            deeds: Deeds::default(),
        };
        Some(Template { time, said: Some(said) })
    }

    /// What a line says of its workload, with its texts in `texts`, and not taken apart if it repeats what another line said. `None`
    /// inside if nothing is to be judged; `None` if the line must go the long way.
    #[allow(clippy::option_option)]
    pub fn judged<'k>(
        &'k self,
        estate: &'k Estate,
        met: Met<'k, 'k>,
        habits: &mut Habits,
        (judge, texts, kept): (&Judge, &mut Texts, &Cell<usize>),
    ) -> Option<Option<Seen>> {
        let at = parse_time(word(met.shaped(), self.time)??)?;
        let Some(said) = &self.said else { return Some(None) };
        let read = said.read(at, estate, met.shaped(), habits)?;
        // Who receives something is read from the parameters.
        if !said.giver.is_idle() {
            return said.observe(read, estate, met).map(|o| Some(Seen::whole(o, judge, texts)));
        }
        let setting = (read.region, read.origin.as_deref(), read.zone_class);
        if let Some(deed) = said.deeds.find(setting, &met.targets, met.data_class) {
            // The deed may have been done from another address of the same place.
            let ip = read.ip.or_else(|| said.o.ip(&said.texts)).filter(|ip| deed.ip() != Some(ip));
            return Some(Some(Seen::Again(Box::new(Repeated {
                deed,
                at,
                event_id: read.event_id.map(|id| texts.put(id)),
                ip: ip.map(|ip| texts.put(ip)),
                age_s: read.age_s,
                bytes: read.bytes,
                mapping: said.workload.map_or(said.o.mapping(), |workload| estate.inventory.workload(workload).mapping(at)),
                line: 0,
                unwatched: Unwatched::default(),
            }))));
        }
        let class = met.data_class;
        let o = said.observe(read, estate, met)?;
        Some(Some(match said.deeds.keep(&o, class, judge, kept) {
            Some(deed) => Seen::Again(Box::new(Repeated::first(deed, &o, texts))),
            None => Seen::whole(o, judge, texts),
        }))
    }

    /// What there is to be learned from a line: `None` inside if nothing is. `None` if it must go the long way.
    #[allow(clippy::option_option)]
    pub fn lesson<'k>(&'k self, estate: &'k Estate, met: Met<'k, 'k>, habits: &mut Habits) -> Option<Option<Lesson<'k>>> {
        let at = parse_time(word(met.shaped(), self.time)??)?;
        let Some(said) = &self.said else { return Some(None) };
        let read = said.read(at, estate, met.shaped(), habits)?;
        // Who receives something is read from the parameters.
        if !said.giver.is_idle() {
            return said.observe(read, estate, met).map(|o| Some(Lesson::Whole(o, None)));
        }
        let setting = (at, read.region, read.origin.as_deref());
        let known = said.taught.find(setting, &met.targets, met.data_class);
        if let Some(lesson) = known.count {
            return Some(Some(lesson));
        }
        let class = met.data_class;
        let o = said.observe(read, estate, met)?;
        Some(Some(match known.place {
            Some(place) => Lesson::Touched(place, o, class),
            None => Lesson::Whole(o, Some(class)),
        }))
    }

    /// Notes that a lesson was learned, by the workload that stands at `place`.
    pub fn note_taught(&self, o: &Observation<'_>, class: Option<u8>, place: (usize, usize)) {
        if let Some(said) = &self.said {
            said.taught.note(o, class, place);
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
    /// Reads the places of a line. `None` if it must go the long way.
    fn read<'k>(&'k self, at: Millis, estate: &'k Estate, shaped: &Shaped<'k, 'k>, habits: &mut Habits) -> Option<Read<'k>> {
        let event_id = match self.event_id {
            Some(slot) => word(shaped, slot)?,
            None => self.o.event_id(&self.texts),
        };
        // Of some services the region says nothing.
        let region = match self.region.filter(|_| self.o.has_region()) {
            Some(slot) => Some(word(shaped, slot)??),
            None => None,
        };
        let mut age_s = self.o.age_s();
        if let Some(slot) = self.issued.filter(|_| self.o.has_credential()) {
            let issued = word(shaped, slot)?.and_then(parse_time);
            age_s = issued.and_then(|issued| u64::try_from((at - issued) / 1000).ok());
        }
        let bytes =
            self.bytes.map_or(self.o.bytes(), |slot| shaped.text(slot).split('.').next().and_then(|whole| whole.parse().ok()));
        let address = self.address.map(|slot| shaped.text(slot)).filter(|address| *address != self.from.0);
        let (origin, zone_class) = match address {
            None => self.o.origin(&self.texts),
            Some(address) => {
                if !self.from.1 || address.len() > MAX_WORD || address.parse::<IpAddr>().is_err() {
                    return None;
                }
                let zone = estate.inventory.zones.lookup(Some(address), None, self.service.as_deref());
                let origin = origin_of(zone, Some(address), self.network.as_deref(), None, habits);
                let class = zone_class_of(zone, origin.as_deref());
                (origin, class)
            }
        };
        Some(Read { at, event_id, region, age_s, bytes, ip: address, origin, zone_class })
    }

    /// `None` if it must go the long way.
    fn observe<'k>(&'k self, read: Read<'k>, estate: &'k Estate, mut met: Met<'k, 'k>) -> Option<Observation<'k>> {
        let parameters = if self.giver.is_idle() { None } else { met.parameters()? };
        let inventory = &estate.inventory;
        let mut o = self.o.unpack(&self.texts);
        o.at = read.at;
        if let Some(workload) = self.workload {
            o.mapping = inventory.workload(workload).mapping(read.at);
        }
        o.event_id = read.event_id.map(Text::Borrowed);
        if let Some(region) = read.region {
            o.region = Some(Text::Borrowed(region));
        }
        if let Some(credential) = &mut o.credential {
            credential.age_s = read.age_s;
        }
        o.bytes = read.bytes;
        if let Some(address) = read.ip {
            o.ip = Some(Text::Borrowed(address));
            (o.origin, o.zone_class) = (read.origin, read.zone_class);
        }
        let (service, operation) = met.action();
        let serves;
        (o.destinations, serves) = self.giver.destinations(parameters, service, operation);
        o.links.retain(|link| !matches!(link, Link::Serves { .. }));
        o.links.extend(serves);
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
    use vires_judge::Tuning;
    use vires_profile::baseline::Baseline;
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

    /// Holds what is said of lines from memory to what is said of them by the long way. Gives how many were met again, and how many
    /// repeated another.
    fn compared(lines: &[&str]) -> (usize, usize) {
        let estate = estate();
        let quick = Quick::new(&estate.classifier, "nhi");
        let (mut again, mut memory, mut met_again) = (Again::default(), Memory::default(), 0);
        // Nothing is new to a judge who knows all of it.
        let (mut all, mut repeated) = (Baseline::new(""), 0);
        for alike in lines.chunk_by(|a, b| a == b) {
            let said = by_the_long_way(&estate, &quick, alike[0], &mut Again::default()).0;
            said.into_iter().for_each(|o| _ = all.learn(&o));
        }
        let judge = estate.judge(Tuning::default(), all);
        for line in lines {
            let said = by_the_long_way(&estate, &quick, line, &mut again);
            let (Memory { memo, habits, .. }, Again { kept, templates }) = (&mut memory, &mut again);
            let mut texts = Texts::default();
            let from_memory = quick.meet(line.as_bytes(), &estate.classifier, kept, memo, |met| {
                let template = templates.of(&met)?;
                let mut object = Vec::new();
                met.begin(&mut object)?;
                Some((template.judged(&estate, met, habits, (&judge, &mut texts, templates.kept()))?, object))
            });
            if let Some((seen, object)) = from_memory {
                repeated += usize::from(matches!(seen, Some(Seen::Again(_))));
                assert_eq!((seen.map(|seen| owned(seen.unpack(&texts))), object), said, "{line}");
                met_again += 1;
            }
        }
        (met_again, repeated)
    }

    /// The line with this number, which says of one role that it read an object.
    fn read(n: usize, bucket: usize, (day, hour): (usize, usize), address: usize) -> String {
        format!(
            r#"{{"eventTime":"2026-03-0{day}T0{hour}:00:0{}Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-{}","sourceIPAddress":"203.0.113.{address}","userAgent":"boto3/1.2","userIdentity":{{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/app/s","accountId":"123456789012","accessKeyId":"ASIAIOSFODNN7EXAMPLE"}},"requestParameters":{{"bucketName":"acme-payroll-{bucket}","key":"day{}/x"}},"eventID":"{n:08x}-8a17-4eff-9fe0-000000000000","eventType":"AwsApiCall","recipientAccountId":"123456789012"}}"#,
            n % 10,
            n % 5 / 4,
            n % 2,
        )
    }

    #[test]
    fn memory_says_what_the_long_way_says() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/logs/cloudtrail");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "ndjson")).collect();
        files.sort();
        let texts = files.iter().map(|path| std::fs::read_to_string(path).unwrap());
        let records: Vec<Json> =
            texts.flat_map(|text| text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect::<Vec<_>>()).collect();
        let lines: Vec<String> = records.iter().flat_map(variants).map(|record| record.to_string()).collect();
        let lines: Vec<&str> = lines.iter().flat_map(|line| [&**line; 3]).collect();
        let (met_again, repeated) = compared(&lines);
        assert!(met_again > 1000 && repeated > 300, "the short ways are taken: {met_again}, {repeated}");
    }

    #[test]
    fn another_address_of_the_same_place_is_told() {
        let lines = [7, 7, 9, 9, 7, 8, 200, 200, 201, 7, 201, 200].map(|address| read(0, 0, (1, 0), address));
        let (met_again, repeated) = compared(&lines.each_ref().map(|line| &**line));
        assert!(met_again > 9 && repeated > 5, "the short ways are taken: {met_again}, {repeated}");
    }

    #[test]
    fn lessons_teach_what_whole_observations_teach() {
        let estate = estate();
        let quick = Quick::new(&estate.classifier, "nhi");
        let (mut again, mut memory) = (Again::default(), Memory::default());
        let (mut whole, mut short, mut counted) = (Baseline::new(""), Baseline::new(""), 0);
        let line = |n: usize| read(n, n % 3, (1 + n / 200, n / 40 % 4), 7 + 180 * (n % 2));
        for line in (0..600).map(line) {
            whole.learn(&by_the_long_way(&estate, &quick, &line, &mut Again::default()).0.unwrap());
            let (Memory { memo, habits, .. }, Again { kept, templates }) = (&mut memory, &mut again);
            let learned = quick.meet(line.as_bytes(), &estate.classifier, kept, memo, |met| {
                let template = templates.of(&met)?;
                match template.lesson(&estate, met, habits)?? {
                    Lesson::Count((_, at), count, hour) => {
                        counted += 1;
                        short.count(at, count, hour);
                    }
                    Lesson::Touched(place, o, class) => {
                        short.learn_touched(place.1, &o);
                        template.note_taught(&o, class, place);
                    }
                    Lesson::Whole(o, class) => {
                        let at = short.learn(&o)?;
                        template.note_taught(&o, class?, (0, at));
                    }
                }
                Some(())
            });
            if learned.is_none() {
                short.learn(&by_the_long_way(&estate, &quick, &line, &mut again).0.unwrap());
            }
            assert_eq!(whole, short, "{line}");
        }
        assert!(counted > 200, "most of it was learned before: {counted}");
    }
}
