use std::borrow::Cow;
use vires_event::Millis;
use vires_judge::{Judge, JudgeState};
use vires_profile::baseline::bounded;
use vires_profile::observation::{Move, Observation, Stay, Unwatched, stable_hash};
use vires_profile::zones::ZoneClass;
use vires_source::Shape;
use vires_source::json::Value;
use vires_tag::object::Object;
use vires_tag::splice::Field;

/// Which of the judge's two steps a process does. The first sees all events in their order and says what concerns several workloads;
/// the second sees those of its workloads and decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Step {
    /// Both.
    #[default]
    Both,
    /// The first: its answers name the workload and hold what the second has to know.
    Join,
    /// The second: believes what the first has written.
    Decide,
}

impl Step {
    const fn prefix(self) -> &'static str {
        match self {
            Step::Both => "",
            Step::Join => "join ",
            Step::Decide => "decide ",
        }
    }

    /// What the state of this step must find again: `baseline` is a text that names what it compares with. The steps remember
    /// different things, so that none goes on from another's state.
    pub fn inputs(self, baseline: &str) -> String {
        format!("{}{baseline}", self.prefix())
    }

    /// Names what lines were joined against. Steps that compare with different baselines do not understand each other.
    pub(super) fn stamp(self, inputs: &str) -> String {
        let baseline = inputs.strip_prefix(self.prefix()).unwrap_or(inputs);
        format!("{:016x}", stable_hash(baseline.as_bytes()))
    }

    /// A state that remembers nothing yet.
    pub fn fresh_state(self, judge: &Judge) -> JudgeState {
        match self {
            Step::Both | Step::Join => judge.fresh_state(),
            Step::Decide => JudgeState::default(),
        }
    }
}

/// Writes what the first step says of an observation. Every text is bounded, so that all of it has room.
pub(super) fn write(o: &Observation<'_>, stamp: &str, object: &mut Object<'_>) {
    object.text("workload", &bounded(&o.workload), 256);
    object.word("joined", stamp);
    if o.event_id.as_deref().is_none_or(str::is_empty) {
        object.number("line", o.event_ref.line);
    }
    if let Some(now) = o.stream {
        object.word("stream", &now.to_string());
    }
    if o.campaign > 0 {
        object.number("campaign", o.campaign.into());
    }
    if o.coadopted > 0 {
        object.number("coadopted", o.coadopted.into());
    }
    if let Some(moved) = &o.moved {
        object.word("moved_since", &moved.since.to_string());
        object.number("moved_origin", moved.same_origin.into());
        object.number("moved_peers", moved.peers.into());
        object.bool("moved_enough", moved.enough_peers);
        object.bool("moved_watched", moved.watched);
        object.bool("moved_back", moved.back);
    }
    if !o.unwatched.is_empty() {
        object.word("unwatched", &o.unwatched.to_string());
    }
    // Six bytes of output for each of these at most.
    for (key, text) in [("stayed_alone", o.stayed_alone.as_ref().map(|s| &s.origin)), ("issued_by", o.issued_by.as_ref())] {
        if let Some(text) = text {
            object.text(key, &bounded(text), 6 * 256);
        }
    }
    if let Some(stay) = &o.stayed_alone {
        object.word("stayed_class", stay.class.as_str());
    }
}

/// What the first step has said of a line.
#[derive(Debug, Default)]
pub(super) struct Joined {
    stamped: bool,
    workload: String,
    line: u64,
    stream: Option<Millis>,
    campaign: u16,
    coadopted: u32,
    moved_since: Option<Millis>,
    moved: Move,
    unwatched: Unwatched,
    stayed_alone: Option<String>,
    stayed_class: ZoneClass,
    issued_by: Option<String>,
}

impl Joined {
    /// Reads the answer of the first step. It replaces every member of that name, so any of them is its own.
    pub fn read(shape: &Shape<'_>, field: &Field, stamp: &str) -> Self {
        let mut joined = Joined::default();
        let (Shape::Object(line) | Shape::NativeLog(line)) = shape else { return joined };
        let Some(answer) = line.fields().map(|(_, value)| value).find(|value| value.key_is(field.name())) else {
            return joined;
        };
        for (name, value) in answer.fields() {
            joined.take(name, value, stamp);
        }
        joined
    }

    fn take(&mut self, name: &str, value: Value<'_>, stamp: &str) {
        fn number<N: TryFrom<u64> + Default>(value: Value<'_>) -> N {
            value.u64().and_then(|n| n.try_into().ok()).unwrap_or_default()
        }
        let text = || value.str().map(Cow::into_owned);
        match name {
            "joined" => self.stamped = value.str().as_deref() == Some(stamp),
            "workload" => self.workload = text().unwrap_or_default(),
            "line" => self.line = number(value),
            "stream" => self.stream = value.text().and_then(|t| t.parse().ok()),
            "campaign" => self.campaign = number(value),
            "coadopted" => self.coadopted = number(value),
            "moved_since" => self.moved_since = value.text().and_then(|t| t.parse().ok()),
            "moved_origin" => self.moved.same_origin = number(value),
            "moved_peers" => self.moved.peers = number(value),
            "moved_enough" => self.moved.enough_peers = value.bool() == Some(true),
            "moved_watched" => self.moved.watched = value.bool() == Some(true),
            "moved_back" => self.moved.back = value.bool() == Some(true),
            "unwatched" => self.unwatched = value.text().and_then(|t| t.parse().ok()).unwrap_or_default(),
            "stayed_alone" => self.stayed_alone = text(),
            "stayed_class" => {
                self.stayed_class = value.str().and_then(|word| ZoneClass::from_word(&word)).unwrap_or_default();
            }
            "issued_by" => self.issued_by = text(),
            _ => {}
        }
    }

    /// Puts it into the observation; false if it is not what the first step with this stamp says of this workload.
    pub fn tell(self, o: &mut Observation<'_>) -> bool {
        let own = bounded(&o.workload);
        // A name with much to escape had to be cut to be written.
        let same = self.workload == own || (self.workload.len() >= 32 && own.starts_with(&self.workload));
        if !self.stamped || !same {
            return false;
        }
        o.event_ref.line = self.line;
        o.stream = self.stream;
        o.campaign = self.campaign;
        o.coadopted = self.coadopted;
        o.moved = self.moved_since.map(|since| Move { since, ..self.moved });
        o.unwatched = self.unwatched;
        o.stayed_alone = self.stayed_alone.map(|origin| Stay { origin: Cow::Owned(origin), class: self.stayed_class });
        o.issued_by = self.issued_by.map(Cow::Owned);
        true
    }
}
