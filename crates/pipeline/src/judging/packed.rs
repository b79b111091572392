//! Observations that outlive their lines: the texts of a block stand one behind the other, so that an event costs no memory of its
//! own to be made and given back.

use super::deed::Setting;
use std::borrow::Cow;
use std::ops::Range;
use vires_event::{
    Actor, Boundary, Class, CredentialKind, Detection, Effect, Kind, Link, Millis, Outcome, Source, Target, Text, Tier,
};
use vires_profile::observation::{EventRef, Mapping, Move, Observation, Proof, Stay, Unwatched};
use vires_profile::zones::ZoneClass;

/// Texts of a block, and lists of them.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: String,
    lists: Vec<Span>,
}

/// A text, or a list of them. Half as wide as a place may be: no block is so long.
pub(super) type Span = Range<u32>;

fn to_u32(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// So much memory is kept from block to block.
const KEEP: usize = 1 << 20;

impl Texts {
    /// Forgets all texts: what was packed with them must not be unpacked any more.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.lists.clear();
        self.bytes.shrink_to(KEEP);
        self.lists.shrink_to(KEEP / size_of::<Span>());
    }

    /// Bytes of all of them.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Gives back room for more.
    pub fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.lists.shrink_to_fit();
    }

    /// Keeps a text.
    pub fn put(&mut self, text: &str) -> Span {
        let start = to_u32(self.bytes.len());
        self.bytes.push_str(text);
        start..to_u32(self.bytes.len())
    }

    fn put_some(&mut self, text: Option<&str>) -> Option<Span> {
        text.map(|text| self.put(text))
    }

    fn put_all<'t>(&mut self, texts: impl Iterator<Item = &'t str>) -> Span {
        let start = to_u32(self.lists.len());
        for text in texts {
            let text = self.put(text);
            self.lists.push(text);
        }
        start..to_u32(self.lists.len())
    }

    /// A text that was kept here.
    pub fn get(&self, text: &Span) -> Text<'_> {
        Cow::Borrowed(self.str(text))
    }

    fn str(&self, text: &Span) -> &str {
        self.bytes.get(text.start as usize..text.end as usize).unwrap_or_default()
    }

    fn get_some(&self, text: &Option<Span>) -> Option<Text<'_>> {
        text.as_ref().map(|text| self.get(text))
    }

    fn get_all(&self, list: &Span) -> impl Iterator<Item = Text<'_>> {
        self.lists.get(list.start as usize..list.end as usize).unwrap_or_default().iter().map(|text| self.get(text))
    }
}

macro_rules! packed {
    (
        same { $($same:ident: $sort:ty),+ $(,)? }
        text { $($text:ident),+ $(,)? }
        maybe { $($maybe:ident),+ $(,)? }
        list { $($list:ident),+ $(,)? }
    ) => {
        /// An [`Observation`] whose texts stand elsewhere.
        #[derive(Debug)]
        pub(super) struct Packed {
            $($same: $sort,)+
            $($text: Span,)+
            $($maybe: Option<Span>,)+
            $($list: Span,)+
            line: u64,
            credential: Option<(CredentialKind, Option<u64>, Option<u64>)>,
            issuer: Option<Span>,
            stayed: Option<(Span, ZoneClass)>,
            targets: Span,
            links: Box<[Link<'static>]>,
            detection: Option<Box<Detection<'static>>>,
        }

        impl Packed {
            /// Packs an observation of a line. The file it stands in is left out.
            pub fn pack(o: Observation<'_>, texts: &mut Texts) -> Self {
                Packed {
                    $($same: o.$same,)+
                    $($text: texts.put(&o.$text),)+
                    $($maybe: texts.put_some(o.$maybe.as_deref()),)+
                    $($list: texts.put_all(o.$list.iter().map(|text| &**text)),)+
                    line: o.event_ref.line,
                    credential: o.credential.as_ref().map(|c| (c.kind, c.hash, c.age_s)),
                    issuer: texts.put_some(o.credential.as_ref().and_then(|c| c.issuer.as_deref())),
                    stayed: o.stayed_alone.as_ref().map(|stay| (texts.put(&stay.origin), stay.class)),
                    targets: texts.put_all(o.targets.iter().map(|target| &*target.name)),
                    links: o.links.into_iter().map(Link::into_owned).collect(),
                    detection: o.detection.map(|found| Box::new(found.into_owned())),
                }
            }

            /// The observation as it was.
            pub fn unpack<'t>(&'t self, texts: &'t Texts) -> Observation<'t> {
                let credential = self.credential.map(|(kind, hash, age_s)| {
                    Proof { kind, hash, issuer: texts.get_some(&self.issuer), age_s }
                });
                Observation {
                    $($same: self.$same,)+
                    $($text: texts.get(&self.$text),)+
                    $($maybe: texts.get_some(&self.$maybe),)+
                    $($list: texts.get_all(&self.$list).collect(),)+
                    event_ref: EventRef { file: None, line: self.line },
                    credential,
                    stayed_alone: self.stayed.as_ref().map(|(origin, class)| Stay { origin: texts.get(origin), class: *class }),
                    targets: texts.get_all(&self.targets).map(|name| Target { name }).collect(),
                    links: self.links.to_vec(),
                    detection: self.detection.as_deref().cloned(),
                }
            }
        }
    };
}

packed! {
    same {
        at: Millis,
        source: Source,
        kind: Kind,
        actor: Actor,
        mapping: Mapping,
        shared: bool,
        effect: Option<Effect>,
        tier: Tier,
        class: Option<Class>,
        severity: Option<u8>,
        boundary: Option<Boundary>,
        outcome: Option<Outcome>,
        data_class: Option<u8>,
        zone_class: ZoneClass,
        count: u64,
        bytes: Option<u64>,
        interactive: Option<bool>,
        campaign: u16,
        coadopted: u32,
        moved: Option<Move>,
        stream: Option<Millis>,
        unwatched: Unwatched,
        renews_itself: bool,
    }
    text { identity, workload, action }
    maybe {
        event_id, raw_identity, peer_group, session, delegator, error_code, account, env, region, origin, ip, asn, ua, issued_by,
    }
    list { attack, datasets, labels, destinations, leaks }
}

/// What the first of the judge's steps says of an observation.
pub(super) struct Told {
    campaign: u16,
    coadopted: u32,
    moved: Option<Move>,
    stream: Option<Millis>,
    unwatched: Unwatched,
    stayed_alone: Option<(String, ZoneClass)>,
    issued_by: Option<String>,
}

impl Told {
    /// What it said of `o`.
    pub fn of(o: Observation<'_>) -> Self {
        Told {
            campaign: o.campaign,
            coadopted: o.coadopted,
            moved: o.moved,
            stream: o.stream,
            unwatched: o.unwatched,
            stayed_alone: o.stayed_alone.map(|stay| (stay.origin.into_owned(), stay.class)),
            issued_by: o.issued_by.map(Cow::into_owned),
        }
    }
}

impl Packed {
    /// Where it came from, and how far that is trusted.
    pub fn origin<'t>(&self, texts: &'t Texts) -> (Option<Text<'t>>, ZoneClass) {
        (texts.get_some(&self.origin), self.zone_class)
    }

    /// True if that is where it came from, and what it touched.
    pub fn is(&self, texts: &Texts, (region, origin, zone): Setting<'_>, targets: &[Target<'_>]) -> bool {
        let same = |known: &Option<Span>, text: Option<&str>| texts.get_some(known).as_deref() == text;
        self.zone_class == zone
            && (self.targets.end - self.targets.start) as usize == targets.len()
            && same(&self.region, region)
            && same(&self.origin, origin)
            && texts.get_all(&self.targets).zip(targets).all(|(known, target)| known == target.name)
    }

    /// The workload.
    pub fn workload<'t>(&self, texts: &'t Texts) -> &'t str {
        texts.str(&self.workload)
    }

    /// The address as written.
    pub fn ip<'t>(&self, texts: &'t Texts) -> Option<&'t str> {
        self.ip.as_ref().map(|ip| texts.str(ip))
    }

    /// The source's id of the record.
    pub fn event_id<'t>(&self, texts: &'t Texts) -> Option<&'t str> {
        self.event_id.as_ref().map(|id| texts.str(id))
    }

    /// How far the identity leads to an owner.
    pub fn mapping(&self) -> Mapping {
        self.mapping
    }

    /// The region.
    pub fn region<'t>(&self, texts: &'t Texts) -> Option<&'t str> {
        self.region.as_ref().map(|region| texts.str(region))
    }

    pub fn has_region(&self) -> bool {
        self.region.is_some()
    }

    pub fn has_credential(&self) -> bool {
        self.credential.is_some()
    }

    /// The age of the credential.
    pub fn age_s(&self) -> Option<u64> {
        self.credential.and_then(|(.., age_s)| age_s)
    }

    /// Bytes handed out.
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// Gives it the number of its line.
    pub fn set_line(&mut self, line: u64) {
        self.line = line;
    }

    /// The same where there is nothing to say but what time it is.
    pub fn tell_time(&mut self, stream: Option<Millis>, unwatched: Unwatched) {
        (self.stream, self.unwatched) = (stream, unwatched);
    }

    /// Puts into it what the first step said.
    pub fn tell(&mut self, told: Told, texts: &mut Texts) {
        self.campaign = told.campaign;
        self.coadopted = told.coadopted;
        self.moved = told.moved;
        self.stream = told.stream;
        self.unwatched = told.unwatched;
        self.stayed = told.stayed_alone.map(|(origin, class)| (texts.put(&origin), class));
        self.issued_by = texts.put_some(told.issued_by.as_deref());
    }
}
