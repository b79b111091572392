use super::*;
use crate::scenario::{Mark, find};
use crate::testing::{corpus, decoder, event, write_scenario};
use std::io::Write;

const E1: &str = "e1 2026-03-01T10:00:00Z web s3:GetObject 198.51.100.1";
const E2: &str = "e2 2026-03-01T10:05:00Z web iam:CreateUser 198.51.100.1";

fn load_from(write: impl Fn(&Path)) -> Result<Corpus, String> {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    let dirs = find(&[dir.path().to_path_buf()]).map_err(|e| e.to_string())?;
    load_all(&dirs, &Filter::default(), decoder()).map_err(|e| e.to_string().replace(&dir.path().display().to_string(), "ROOT"))
}

#[test]
fn loads_the_examples() {
    let corpus = corpus();
    let ids: Vec<&str> = corpus.scenarios.iter().map(Scenario::id).collect();
    assert_eq!(ids, ["cred_reuse/key_external", "rotation/key_rotation"]);
    let attack = &corpus.scenarios[0];
    assert_eq!((attack.events.facts.len(), attack.history.facts.len(), attack.events.unreadable), (19, 160, 0));
    assert_eq!(attack.truth.instances.len(), 1);
    let instance = &attack.truth.instances[0];
    assert_eq!((instance.name.as_str(), instance.lines.len()), ("leaked-key", 3));
    assert_eq!(instance.last.unwrap() - instance.first.unwrap(), 4 * 60_000);
    assert_eq!(instance.impact, 1.0);
    let fact = &attack.events.facts[instance.lines[0] as usize - 1];
    assert!(fact.foreign);
    assert_eq!(attack.names.text(fact.identity.unwrap()), "aws:user/123456789012/report-loader");
    assert_eq!(corpus.sha256.len(), 64);
}

#[test]
fn an_id_on_several_lines_labels_all_and_lines_have_numbers() {
    let corpus = load_from(|root| {
        write_scenario(
            root,
            "s",
            "f",
            "attack",
            &[E1, "", E2, E2, "free text"],
            "e2,,,malicious,data,\nline:1,,,ambiguous,,\n",
        );
    })
    .unwrap();
    let s = &corpus.scenarios[0];
    assert_eq!(s.truth.instances[0].lines, [3, 4]);
    assert_eq!(s.truth.mark(1), Some(Mark::Ambiguous));
    assert_eq!((s.events.unreadable, s.events.lines), (1, 5));
}

#[test]
fn ids_of_other_sources_are_found() {
    let lines = [
        r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"k1","stage":"ResponseComplete","requestURI":"/api/v1/secrets","verb":"list","user":{"username":"system:serviceaccount:a:b"},"objectRef":{"resource":"secrets","apiVersion":"v1"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2026-03-01T10:00:00.000000Z"}"#,
        r#"{"time":"2026-03-01T10:00:00Z","type":"request","auth":{"display_name":"x"},"request":{"id":"v1","operation":"read","path":"secret/data/a"}}"#,
        r#"{"uuid":"o1","published":"2026-03-01T10:00:00.000Z","eventType":"system.api_token.create","actor":{"id":"00u1","type":"User","alternateId":"a@example.com"},"outcome":{"result":"SUCCESS"}}"#,
        r#"{"_document_id":"g1","@timestamp":1772359200000,"action":"git.clone","actor":"bot","repo":"o/r"}"#,
        r#"{"correlationId":"c1","id":"i1","operationName":"Add service principal","category":"AuditLogs","time":"2026-03-01T10:00:00Z"}"#,
    ];
    let corpus = load_from(|root| {
        write_scenario(
            root,
            "s",
            "f",
            "attack",
            &lines,
            "k1,,a,malicious,,\nv1,,b,malicious,,\no1,,c,malicious,,\ng1,,d,malicious,,\nc1,,e,malicious,,\n",
        );
    })
    .unwrap();
    let lines: Vec<&[u32]> = corpus.scenarios[0].truth.instances.iter().map(|i| &*i.lines).collect();
    assert_eq!(lines, [[1], [2], [3], [4], [5]]);
}

#[test]
fn reads_gzipped_logs_and_hashes_what_is_read() {
    let write = |root: &Path| write_scenario(root, "s", "f", "noise", &[E1, E2], "");
    let plain = load_from(write).unwrap();
    assert_eq!(plain.sha256, load_from(write).unwrap().sha256);
    let zipped = load_from(|root| {
        write(root);
        let path = root.join("s/events.ndjson");
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&std::fs::read(&path).unwrap()).unwrap();
        std::fs::remove_file(path).unwrap();
        std::fs::write(root.join("s/events.ndjson.gz"), gz.finish().unwrap()).unwrap();
    })
    .unwrap();
    assert_eq!(zipped.scenarios[0].events.facts.len(), 2);
    assert_ne!(plain.sha256, zipped.sha256);
    let other = load_from(|root| write_scenario(root, "s", "f", "noise", &[E1], "")).unwrap();
    assert_ne!(plain.sha256, other.sha256);
}

#[test]
fn names_file_line_and_remedy_of_every_fault() {
    type Write = Box<dyn Fn(&Path)>;
    let with = |file: &'static str, text: &'static str| -> Write {
        Box::new(move |root| {
            write_scenario(root, "s", "f", "attack", &[E1], "");
            std::fs::write(root.join("s").join(file), text).unwrap();
        })
    };
    let without = |file: &'static str| -> Write {
        Box::new(move |root| {
            write_scenario(root, "s", "f", "attack", &[E1], "");
            std::fs::remove_file(root.join("s").join(file)).unwrap();
        })
    };
    let cases: Vec<(Write, &str)> = vec![
        (without("labels.csv"), "ROOT/s/labels.csv:1: error[no_labels]: no such file; list the events"),
        (without("events.ndjson"), "ROOT/s/events.ndjson: error[no_events]: no such file"),
        (
            with("labels.csv", "event_id,label\ne1,benign\nghost,malicious\n"),
            "ROOT/s/labels.csv:3: error[label_event]: no event `ghost`",
        ),
        (
            with("labels.csv", "event_id,label\nline:9,malicious\n"),
            "ROOT/s/labels.csv:2: error[label_event]: no event `line:9`",
        ),
        (with("labels.csv", "event_id,label\ne1,benign\nline:1,malicious\n"), "ROOT/s/labels.csv:3: error[label_conflict]"),
        (with("scenario.toml", "schema = \"vires-scenario/2\"\n"), "ROOT/s/scenario.toml:1:10: schema is `vires-scenario/2`"),
        (
            with("scenario.toml", "schema = \"vires-scenario/1\"\nid = \"s\"\nfamilie = \"f\"\n"),
            "ROOT/s/scenario.toml:3:1: unknown field `familie`",
        ),
        (with("events.ndjson", "\n\n"), "ROOT/s/events.ndjson: error[no_events]: the test window is empty"),
        (
            with("inventory.toml", "schema = \"vires-inventory/1\"\n[[workload]]\nname = \"x\"\n"),
            "ROOT/s/inventory.toml:3:1: unknown field `name`",
        ),
        (with("exceptions.toml", "schema = \"vires-exceptions/1\"\n[[exception]]\nid = \"x\"\n"), "ROOT/s/exceptions.toml:"),
        (with("events.ndjson.gz", ""), "ROOT/s/events.ndjson: error[two_logs]"),
    ];
    for (write, want) in cases {
        let text = load_from(write).unwrap_err();
        assert!(text.contains(want), "{want}\n{text}");
    }
}

#[test]
fn ids_are_unique_and_a_filter_may_not_leave_nothing() {
    let text = load_from(|root| {
        write_scenario(root, "a", "f", "noise", &[E1], "");
        write_scenario(root, "b", "f", "noise", &[E1], "");
        let path = root.join("b/scenario.toml");
        std::fs::write(&path, std::fs::read_to_string(&path).unwrap().replace("\"b\"", "\"a\"")).unwrap();
    })
    .unwrap_err();
    assert!(text.contains("error[duplicate_id]: the id `a` is that of ROOT/a too"), "{text}");
    let dir = tempfile::tempdir().unwrap();
    for n in 0..7 {
        write_scenario(dir.path(), &format!("a{n}"), "f", "noise", &[E1], "");
    }
    let dirs = find(&[dir.path().to_path_buf()]).unwrap();
    let error = load_all(&dirs, &Filter::new("x*").unwrap(), decoder()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no scenario matches `x*`; the filter is matched against whole ids: a0, a1, a2, a3, a4 and 2 more"
    );
    assert_eq!(event("a b").as_str(), "a b");
}

#[test]
fn what_a_description_leaves_out_claims_the_least() {
    let corpus = load_from(|root| {
        write_scenario(root, "s", "f", "noise", &[E1], "");
        let text = format!("schema = \"{SCHEMA}\"\nid = \"s\"\nfamily = \"f\"\nkind = \"noise\"\n");
        std::fs::write(root.join("s/scenario.toml"), text).unwrap();
    })
    .unwrap();
    let m = &corpus.scenarios[0].manifest;
    assert_eq!((m.provenance.as_str(), m.split.as_str(), m.expect.is_none()), ("modelled", "dev", true));
}
