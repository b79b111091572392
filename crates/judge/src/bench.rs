//! A small estate for tests: a workload `api` with a month of habits, and peers that live as it does.

use crate::{Disposition, Judge, JudgeState, Outcome, Tuning};
use std::sync::Arc;
use vires_event::{Activity, Actor, CredentialKind, Detection, Effect, Identity, Kind, Link, Outcome as Ended, Source, Target};
use vires_profile::Inventory;
use vires_profile::baseline::Baseline;
use vires_profile::exceptions::Exceptions;
use vires_profile::observation::{Facts, Mapping, Observation, Proof, Setting, credential_hash};
use vires_profile::zones::ZoneClass;

/// 2026-03-01, a Sunday: the first day that is judged.
pub const TODAY: i64 = 1_772_323_200_000;
const DAY: i64 = 86_400_000;

/// One event under construction.
#[derive(Debug, Clone)]
pub struct Act {
    o: Observation<'static>,
    day: i64,
    hour: i64,
}

/// What `api` does all day: reads its own bucket from its NAT at ten.
pub fn act() -> Act {
    let mut a = Activity::new(Source::Cloudtrail, "s3:GetObject");
    a.time = Some(TODAY.to_string().into());
    a.identity = Some(Identity {
        id: "aws:role/123456789012/api".into(),
        kind: Kind::Role,
        actor: Actor::Machine,
        name: "api".into(),
        raw: None,
    });
    let setting = Setting {
        workload: "api".into(),
        mapping: Mapping::Mapped,
        peer_group: Some("web".into()),
        shared: false,
        zone: None,
        data_class: Some(1),
        labels: vec![],
        env: None,
    };
    let mut o = Observation::new(a, Facts { effect: Some(Effect::ReadData), ..Facts::default() }, setting).unwrap();
    o.set_targets(vec![Target { name: "s3:api-data/x/y".into() }]);
    o.origin = Some("nat".into());
    o.zone_class = ZoneClass::Internal;
    o.ip = Some("198.51.100.3".into());
    o.asn = Some("AS64500".into());
    o.ua = Some("boto3".into());
    o.account = Some("123456789012".into());
    o.region = Some("eu-west-1".into());
    o.credential = Some(Proof { kind: CredentialKind::SessionKey, hash: None, issuer: None, age_s: None });
    Act { o, day: 0, hour: 10 }
}

impl Act {
    fn with_o(mut self, change: impl FnOnce(&mut Observation<'static>)) -> Act {
        change(&mut self.o);
        self
    }
    pub fn action(self, action: &str, tier: u8) -> Act {
        let effect = [Effect::Discover, Effect::ReadData, Effect::Write, Effect::Execute, Effect::Grant][usize::from(tier)];
        self.with_o(|o| (o.action, o.tier, o.effect) = (action.to_string().into(), tier, Some(effect)))
    }
    pub fn effect(self, effect: Effect) -> Act {
        self.with_o(|o| (o.effect, o.tier) = (Some(effect), effect.tier().max(o.tier)))
    }
    pub fn target(self, target: &str, class: u8) -> Act {
        self.with_o(|o| {
            o.set_targets(vec![Target { name: target.to_string().into() }]);
            o.data_class = Some(class);
        })
    }
    pub fn denied(self) -> Act {
        self.with_o(|o| o.outcome = Some(Ended::Denied))
    }
    pub fn failed(self) -> Act {
        self.with_o(|o| o.outcome = Some(Ended::Error))
    }
    pub fn from(self, zone: &str) -> Act {
        self.with_o(|o| (o.origin, o.zone_class) = (Some(zone.to_string().into()), ZoneClass::Internal))
    }
    pub fn at_address(self, ip: &str) -> Act {
        let net = vires_profile::observation::network_of(Some(ip), None, None);
        self.with_o(|o| (o.origin, o.zone_class, o.ip) = (net.map(Into::into), ZoneClass::Unknown, Some(ip.to_string().into())))
    }
    pub fn in_account(self, account: &str) -> Act {
        self.with_o(|o| o.account = Some(account.to_string().into()))
    }
    pub fn in_env(self, env: &str) -> Act {
        self.with_o(|o| o.env = Some(env.to_string().into()))
    }
    pub fn in_region(self, region: &str) -> Act {
        self.with_o(|o| o.region = Some(region.to_string().into()))
    }
    pub fn source(self, source: Source) -> Act {
        self.with_o(|o| o.source = source)
    }
    pub fn with(self, kind: CredentialKind) -> Act {
        self.with_o(|o| o.credential = Some(Proof { kind, hash: None, issuer: None, age_s: None }))
    }
    pub fn aged(self, seconds: u64) -> Act {
        self.with_o(|o| o.credential.iter_mut().for_each(|c| c.age_s = Some(seconds)))
    }
    pub fn interactive(self) -> Act {
        self.with_o(|o| o.interactive = Some(true))
    }
    pub fn agent(self, ua: &str) -> Act {
        self.with_o(|o| o.ua = Some(ua.to_string().into()))
    }
    pub fn asn(self, asn: &str) -> Act {
        self.with_o(|o| o.asn = Some(asn.to_string().into()))
    }
    pub fn acting_for(self, who: &str) -> Act {
        self.with_o(|o| o.delegator = Some(who.to_string().into()))
    }
    pub fn running_as(self, id: &str) -> Act {
        self.with_o(|o| o.links = vec![Link::RunsAs { id: id.to_string().into() }])
    }
    pub fn serving(self, service: &str) -> Act {
        self.with_o(|o| o.links = vec![Link::Serves { service: service.to_string().into() }])
    }
    pub fn becoming(self, id: &str) -> Act {
        self.with_o(|o| o.links = vec![Link::Became { id: id.to_string().into() }])
    }
    /// Gets a credential issued, or becomes somebody by it.
    pub fn issuing(self, credential: &str) -> Act {
        let issued = Link::Issued { credential: credential.to_string().into(), owner: None };
        self.with_o(|o| o.links.push(issued))
    }
    /// Uses a credential that was issued.
    pub fn holding(self, credential: &str) -> Act {
        let hash = Some(credential_hash(credential));
        self.with_o(|o| o.credential.iter_mut().for_each(|c| c.hash = hash))
    }
    pub fn sending_to(self, whom: &str) -> Act {
        self.with_o(|o| o.destinations = vec![whom.to_string().into()])
    }
    pub fn detected(self, severity: u8) -> Act {
        self.with_o(|o| o.detection = Some(Detection { severity, title: "rule".into(), alone: false }))
    }
    /// A finding that stands for itself.
    pub fn found(self, severity: u8) -> Act {
        self.with_o(|o| o.detection = Some(Detection { severity, title: "finding".into(), alone: true }))
    }
    pub fn mapping(self, mapping: Mapping) -> Act {
        self.with_o(|o| o.mapping = mapping)
    }
    pub fn event(self, id: &str) -> Act {
        self.with_o(|o| o.event_id = Some(id.to_string().into()))
    }
    /// The same by another workload.
    pub fn by(self, workload: &str) -> Act {
        self.with_o(|o| {
            o.workload = workload.to_string().into();
            o.identity = format!("aws:role/123456789012/{workload}").into();
        })
    }
    pub fn severe(self, severity: u8) -> Act {
        self.with_o(|o| o.severity = Some(severity))
    }
    pub fn technique(self, id: &str) -> Act {
        self.with_o(|o| o.attack = vec![id.to_string().into()])
    }
    pub fn kind(self, kind: Kind) -> Act {
        self.with_o(|o| o.kind = kind)
    }
    pub fn in_group(self, group: &str) -> Act {
        self.with_o(|o| o.peer_group = Some(group.to_string().into()))
    }
    /// The same workload under another identity of its own.
    pub fn named(self, identity: &str) -> Act {
        self.with_o(|o| o.identity = identity.to_string().into())
    }
    pub fn went_through(self) -> Act {
        self.with_o(|o| o.outcome = Some(Ended::Success))
    }
    /// Days after the first judged one.
    pub fn on_day(mut self, day: i64) -> Act {
        self.day = day;
        self
    }
    pub fn at_hour(mut self, hour: i64) -> Act {
        self.hour = hour;
        self
    }
    /// Milliseconds into its hour.
    pub fn made(&self, offset: i64) -> Observation<'static> {
        let mut o = self.o.clone();
        o.at = TODAY + self.day * DAY + self.hour * 3_600_000 + offset;
        o
    }
}

/// Inventory, history and peers around `api`.
#[derive(Clone)]
pub struct Bench {
    declared: String,
    history: Vec<Act>,
    pub exceptions: String,
    pub tuning: Tuning,
}

impl Bench {
    fn over(days: impl Iterator<Item = i64>) -> Bench {
        let mut history = Vec::new();
        for day in days {
            for _ in 0..5 {
                history.push(act().on_day(day));
            }
            history.push(act().on_day(day).action("dynamodb:Query", 1).target("dynamodb:api-orders", 1));
            for peer in 0..5 {
                history.push(act().on_day(day).by(&format!("peer{peer}")).target(&format!("s3:peer{peer}/x/y"), 1));
            }
        }
        Bench { declared: String::new(), history, exceptions: String::new(), tuning: Tuning::default() }
    }
    /// Thirty days of habits.
    pub fn mature() -> Bench {
        Bench::over(-30..0)
    }
    /// One day of habits.
    pub fn young() -> Bench {
        Bench::over(-1..0)
    }
    /// Active every `n` days for four months.
    pub fn every_days(n: i64) -> Bench {
        Bench::over((-120..0).filter(move |day| day % n == 0))
    }
    /// No history at all.
    pub fn unknown() -> Bench {
        Bench::over(0..0)
    }
    /// Adds keys to `api`'s entry in the inventory.
    pub fn declare(mut self, toml: &str) -> Bench {
        self.declared.push_str(toml);
        self
    }
    pub fn except(mut self, toml: &str) -> Bench {
        self.exceptions.push_str(toml);
        self
    }
    /// `api` did this on every day of its history, too.
    pub fn also_daily(self, act: Act) -> Bench {
        self.also_daily_times(act, 1)
    }
    pub fn also_daily_times(mut self, act: Act, times: usize) -> Bench {
        let mut days: Vec<i64> = self.history.iter().map(|a| a.day).collect();
        days.sort_unstable();
        days.dedup();
        for day in days {
            self.history.extend((0..times).map(|_| act.clone().on_day(day)));
        }
        self
    }
    /// `api` did this on these days, too.
    pub fn also_on(mut self, days: &[i64], act: Act) -> Bench {
        self.history.extend(days.iter().map(|day| act.clone().on_day(*day)));
        self
    }
    /// All peers did this on every day.
    pub fn peers_also(mut self, act: Act) -> Bench {
        for peer in 0..5 {
            self = self.also_daily(act.clone().by(&format!("peer{peer}")));
        }
        self
    }

    pub fn judge(&self) -> Judge {
        let mut baseline = Baseline::new("test");
        for act in &self.history {
            baseline.learn(&act.made(0));
        }
        let inventory = format!(
            "schema = \"vires-inventory/1\"\n[[zone]]\nname = \"nat\"\nclass = \"internal\"\ncidrs = [\"198.51.100.0/28\"]\n[[zone]]\nname = \"corp\"\nclass = \"internal\"\ncidrs = [\"10.0.0.0/8\"]\n[[zone]]\nname = \"lounge\"\nclass = \"partner\"\ncidrs = [\"192.0.2.128/25\"]\n[[workload]]\nid = \"api\"\npeer_group = \"web\"\npurpose = \"serve\"\nowner = {{ team = \"checkout\" }}\n{}",
            self.declared
        );
        let exceptions = format!("schema = \"vires-exceptions/1\"\n{}", self.exceptions);
        Judge::new(
            self.tuning.clone(),
            Arc::new(Inventory::from_toml(&inventory, "inventory.toml").unwrap()),
            Arc::new(Exceptions::from_toml(&exceptions, "exceptions.toml").unwrap()),
            baseline,
        )
    }

    /// Judges events in their order, one second apart.
    pub fn run(&self, acts: &[Act]) -> (Judge, JudgeState, Vec<Outcome>) {
        let judge = self.judge();
        let mut state = judge.fresh_state();
        let outcomes = (0i64..).zip(acts).map(|(i, act)| judge.judge(&mut state, &mut act.made(i * 1000))).collect();
        (judge, state, outcomes)
    }

    /// Evidence against `api` after these events and this one, with its weight.
    pub fn found_after(&self, before: &[Act], last: Act) -> Vec<(String, f64)> {
        let mut acts = before.to_vec();
        acts.push(last);
        let (judge, state, _) = self.run(&acts);
        let record = judge.ask(&state, "api", Mapping::Mapped).unwrap();
        record.evidence.iter().map(|e| (e.code.as_str().to_string(), e.x)).collect()
    }

    pub fn found(&self, act: Act) -> Vec<(String, f64)> {
        self.found_after(&[], act)
    }

    /// The weight of one code after one event; `None` if there is no such evidence.
    pub fn x(&self, code: &str, act: Act) -> Option<f64> {
        self.found(act).into_iter().filter(|(c, _)| c == code).map(|(_, x)| x).reduce(f64::max)
    }

    /// What a code says was observed.
    pub fn told(&self, code: &str, act: Act) -> Option<String> {
        let (judge, state, _) = self.run(&[act]);
        let record = judge.ask(&state, "api", Mapping::Mapped)?;
        record.evidence.iter().find(|e| e.code.as_str() == code).map(|e| e.observed.clone())
    }

    /// What a code counts in the score after these events.
    pub fn weight_of(&self, code: &str, acts: &[Act]) -> f64 {
        let (judge, state, _) = self.run(acts);
        let record = judge.ask(&state, "api", Mapping::Mapped).unwrap();
        let pieces: Vec<_> = record.evidence.iter().map(crate::EvidenceLine::piece).collect();
        let score = crate::score(&pieces, 1.0, judge.tuning());
        score.counted.iter().filter(|(at, _)| pieces[*at].code.as_str() == code).map(|(_, x)| *x).fold(0.0, f64::max)
    }

    /// The highest verdict of these events.
    pub fn verdict_after(&self, acts: &[Act]) -> Disposition {
        self.run(acts).2.iter().map(|o| o.verdict.verdict).max().unwrap_or_default()
    }
}
