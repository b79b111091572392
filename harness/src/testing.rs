//! For tests: scenarios in memory and an engine whose verdicts are written into its tuning.

use crate::decode::Decoder;
use crate::engine::{Ablation, Case, Engine, EngineError, Prepared, Replay, Trace, TracedEvent, Tuning, Update, Verdict};
use crate::scenario::{Corpus, Estate, Filter, Lines, find, load_all};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use vires_event::{Boundary, parse_time};

/// Decoding needs the catalogue, which is loaded once for all tests.
pub(crate) fn decoder() -> &'static Decoder {
    static DECODER: OnceLock<Decoder> = OnceLock::new();
    DECODER.get_or_init(|| Decoder::new().unwrap())
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scenarios")
}

pub(crate) fn corpus() -> Corpus {
    load_all(&find(&[fixtures()]).unwrap(), &Filter::default(), decoder()).unwrap()
}

/// Writes a scenario folder of CloudTrail lines below `root`. Each event is `id time user action ip`.
pub(crate) fn write_scenario(root: &Path, id: &str, family: &str, kind: &str, events: &[&str], labels: &str) {
    let dir = root.join(id);
    std::fs::create_dir_all(&dir).unwrap();
    let manifest = format!(
        "schema = \"vires-scenario/1\"\nid = \"{id}\"\nfamily = \"{family}\"\nkind = \"{kind}\"\nsplit = \"dev\"\nprovenance = \"modelled\"\n"
    );
    std::fs::write(dir.join("scenario.toml"), manifest).unwrap();
    let lines: String = events.iter().map(|e| event(e) + "\n").collect();
    std::fs::write(dir.join("events.ndjson"), lines).unwrap();
    std::fs::write(dir.join("labels.csv"), format!("event_id,identity,instance,label,boundary,note\n{labels}")).unwrap();
}

/// One CloudTrail line from `id time user action ip`; what has fewer words is written as it is.
pub(crate) fn event(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let [id, time, user, action, ip] = words[..] else { return text.to_string() };
    let (service, name) = action.split_once(':').unwrap();
    format!(
        r#"{{"eventVersion":"1.09","userIdentity":{{"type":"AssumedRole","principalId":"AROAEXAMPLE:s","arn":"arn:aws:sts::123456789012:assumed-role/{user}/i-0abc","accountId":"123456789012","accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::123456789012:role/{user}","accountId":"123456789012","userName":"{user}"}}}}}},"eventTime":"{time}","eventSource":"{service}.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","sourceIPAddress":"{ip}","userAgent":"Boto3/1.34","requestParameters":null,"eventID":"{id}","eventType":"AwsApiCall","recipientAccountId":"123456789012"}}"#
    )
}

/// Judges by its tuning: `verdict."<text in the line>" = ["escalate", 80, "data"]`. Cases are kept by identity; other keys are
/// unknown and refused.
#[derive(Debug, Default)]
pub(crate) struct TestEngine;

type Rules = BTreeMap<String, (Verdict, f64, Vec<Boundary>)>;

fn rules(tuning: &Tuning) -> Result<Rules, EngineError> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(rename = "name")]
        _name: Option<String>,
        #[serde(default, rename = "criteria_off")]
        off: Vec<String>,
        #[serde(default)]
        verdict: Rules,
    }
    toml::from_str::<File>(&tuning.text)
        .map(|f| if f.off.is_empty() { f.verdict } else { Rules::new() })
        .map_err(|e| EngineError::Tuning(format!("{}: {e}", tuning.file)))
}

impl Engine for TestEngine {
    fn default_tuning(&self) -> String {
        "name = \"default\"\n[verdict]\n\"203.0.113.\" = [\"escalate\", 70.0, [\"trust\"]]\n".to_string()
    }

    fn check(&self, tuning: &Tuning) -> Result<(), EngineError> {
        rules(tuning).map(drop)
    }

    fn catalogue(&self) -> Result<String, EngineError> {
        Ok("0123456789abcdef".into())
    }

    fn ablations(&self) -> Vec<Ablation> {
        let of = |name: &str, text: &str| Ablation {
            name: name.into(),
            what: "test".into(),
            changes: toml::from_str(text).unwrap(),
        };
        vec![of("T1", "criteria_off = [\"T1\"]"), of("idle", "[verdict]\nnothing = [\"watch\", 1.0, []]")]
    }

    fn habits_alone(&self) -> toml::Table {
        toml::from_str("criteria_off = [\"T1\"]").unwrap()
    }

    fn accepts(&self, estate: &Estate) -> Result<(), EngineError> {
        let contradicts = estate.inventory.as_ref().is_some_and(|d| d.text.contains("contradiction"));
        if contradicts { Err(EngineError::Input("inventory.toml:1: contradiction".into())) } else { Ok(()) }
    }

    fn prepare<'a>(&'a self, estate: &'a Estate) -> Result<Box<dyn Prepared + 'a>, EngineError> {
        Ok(Box::new(TestPrepared(estate)))
    }
}

struct TestPrepared<'a>(&'a Estate);

impl Prepared for TestPrepared<'_> {
    fn replay(&self, tuning: &Tuning) -> Result<Replay, EngineError> {
        let rules = rules(tuning)?;
        let mut cases: BTreeMap<String, Case> = BTreeMap::new();
        let mut lines = Lines::new(&self.0.events).map_err(|e| EngineError::Input(e.to_string()))?;
        while let Some((number, line)) = lines.next_line().map_err(|e| EngineError::Input(e.to_string()))? {
            let text = String::from_utf8_lossy(line).into_owned();
            let Ok(json) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
            let Some((needle, (verdict, score, boundaries))) = rules.iter().find(|(needle, _)| text.contains(needle.as_str()))
            else {
                continue;
            };
            let who = &json["userIdentity"];
            let identity = match who["userName"].as_str() {
                Some(user) => format!("aws:user/123456789012/{user}"),
                None => format!(
                    "aws:role/123456789012/{}",
                    who["sessionContext"]["sessionIssuer"]["userName"].as_str().unwrap_or("?")
                ),
            };
            let case = cases.entry(identity.clone()).or_insert_with(|| Case {
                id: identity.clone(),
                workload: identity.clone(),
                identity,
                updates: Vec::new(),
            });
            let mut lines = case.updates.last().map_or(Vec::new(), |u| u.lines.clone());
            lines.push(number);
            case.updates.push(Update {
                at: json["eventTime"].as_str().and_then(parse_time).unwrap_or(0),
                verdict: *verdict,
                score: *score,
                boundaries: boundaries.clone(),
                lines,
                codes: vec!["T1".into()],
                reasons: vec![format!("saw {needle}")],
            });
        }
        Ok(Replay { cases: cases.into_values().collect() })
    }

    fn trace(&self, tuning: &Tuning, line: Option<u32>) -> Result<Trace, EngineError> {
        let replay = self.replay(tuning)?;
        let updates = replay.cases.iter().flat_map(|case| &case.updates);
        let events = updates.map(|u| TracedEvent {
            line: u.lines.last().copied().unwrap_or(0),
            verdict: u.verdict,
            score: u.score,
            reasons: u.reasons.clone(),
        });
        Ok(Trace { events: events.collect(), workings: line.map(|line| format!("arithmetic of line {line}")) })
    }
}
