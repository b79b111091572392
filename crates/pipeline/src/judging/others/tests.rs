use super::*;
use crate::judging::observe::{is_undated, owned, seen};
use std::path::Path;
use std::sync::Arc;
use vires_catalog::Catalog;
use vires_judge::Tuning;
use vires_profile::baseline::Baseline;
use vires_profile::{Exceptions, Inventory};
use vires_source::json::Tape;
use vires_source::{Shape, open};
use vires_tag::Classifier;
use vires_tag::object::Object;

const INVENTORY: &str = r#"
schema = "vires-inventory/1"
[[zone]]
name = "nat"
class = "internal"
cidrs = ["203.0.113.0/25", "10.1.0.0/16"]
[[data]]
match = ["k8s:*/secrets/*"]
class = 3
labels = ["pii"]
[[workload]]
id = "one"
owner = { team = "t", expires = 2026-11-24 }
purpose = "p"
principals = ["k8s:*", "github:user:ci", "host:*:deploy"]
[workload.expect]
max_tier = 1
"#;

fn estate(year: Option<YearRule>) -> Estate {
    let catalog = Arc::new(Catalog::builtin().unwrap());
    Estate {
        classifier: Arc::new(Classifier::new(&catalog).unwrap()),
        inventory: Arc::new(Inventory::from_toml(INVENTORY, "i").unwrap()),
        exceptions: Arc::new(Exceptions::default()),
        year,
    }
}

/// What is said of a line: of its workload, whether it lacks a time, and in its object as far as the judge has no say.
type Heard = (Option<Observation<'static>>, bool, Vec<u8>);

/// By the long way, which teaches `others`.
fn by_the_long_way(estate: &Estate, line: &str, others: &mut Others) -> Heard {
    let mut scratch = vires_source::Scratch::default();
    let mut memory = Memory::default();
    let mut opened = open(line.as_bytes(), &mut scratch);
    let tags = estate.classifier.classify(&opened, &mut memory.memo);
    others.learn(estate, &opened, &tags, "nhi", &mut memory);
    let mut bytes = Vec::new();
    let mut object = Object::open(&mut bytes);
    tags.write(&mut object);
    object.pause();
    let o = seen(estate, &mut opened, &tags, &mut memory).map(owned);
    let undated = o.is_none() && is_undated(&opened);
    (o, undated, bytes)
}

fn samples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/logs");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|source| std::fs::read_dir(source.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "ndjson" || end == "log"))
        .collect();
    files.sort();
    files
        .iter()
        .flat_map(|file| std::fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// The line, and the line with each place that does not decide replaced by something else.
fn variants(line: &str) -> Vec<String> {
    let long = "7".repeat(MAX_ID + 1);
    let others = [
        "",
        "x",
        "203.0.113.77",
        "198.51.100.200",
        "::ffff:203.0.113.7",
        "2001:db8::7",
        "2026-11-23T10:11:12Z",
        "2026-11-25T00:00:00Z",
        &long,
    ];
    let mut all = vec![line.to_owned(), line.to_owned()];
    let mut scratch = vires_source::Scratch::default();
    let opened = open(line.as_bytes(), &mut scratch);
    let Some(source) = opened.activity.as_ref().map(|activity| activity.source) else { return all };
    if let Shape::Text = opened.shape {
        let time = text::parts(line).and_then(|parts| parts.time()).unwrap_or("none");
        for other in ["Nov 24 01:02:03", "Feb 30 01:02:03", "2026-11-24T01:02:03Z", "2026-11-24T01:02:03+01:00"] {
            all.push(line.replacen(time, other, 1));
        }
        return all;
    }
    let mut tape = Tape::default();
    let Ok(root) = tape.parse(line) else { return all };
    for (value, slot) in slots(root) {
        let mut names: Vec<&str> = root.names_at(value.span().start).collect();
        names.reverse();
        if use_of(source, &names) == Use::Decides {
            continue;
        }
        let number = !line[..slot.range().start].ends_with('"');
        for other in others {
            let mut changed = line.to_owned();
            changed.replace_range(slot.range(), if number { "1795459481123" } else { other });
            all.push(changed);
        }
    }
    all
}

/// Holds what is said of lines from memory to what is said of them by the long way. Gives how many were met again, and how many
/// repeated another.
fn compared(estate: &Estate, lines: &[String]) -> (usize, usize) {
    let mut all = Baseline::new("");
    for line in lines {
        by_the_long_way(estate, line, &mut Others::default()).0.into_iter().for_each(|o| _ = all.learn(&o));
    }
    // Nothing is new to a judge who knows all of it.
    let judge = estate.judge(Tuning::default(), all);
    let (mut others, mut memory, mut met, mut repeated) = (Others::default(), Memory::default(), 0, 0);
    for line in lines {
        let mut texts = Texts::default();
        let short = others.meet(line.as_bytes(), estate, |other, template, kept| {
            let told = template.judged(estate, other.places, &mut memory.habits, (&judge, &mut texts, kept))?;
            let undated = matches!(told, Told::Undated);
            let seen = if let Told::Seen(seen) = told { Some(seen) } else { None };
            Some((seen, undated, other.head().0.to_vec()))
        });
        let long = by_the_long_way(estate, line, &mut others);
        let Some((seen, undated, head)) = short else { continue };
        repeated += usize::from(matches!(seen, Some(Seen::Again(_))));
        met += 1;
        assert_eq!((seen.map(|seen| owned(seen.unpack(&texts))), undated, head), long, "{line}");
    }
    (met, repeated)
}

#[test]
fn memory_says_what_the_long_way_says() {
    let lines: Vec<String> = samples().iter().flat_map(|line| variants(line)).collect();
    let (met, repeated) = compared(&estate(Some(YearRule::Is(2026))), &lines);
    assert!(met > 1500 && repeated > 300, "the short ways are taken: {met}, {repeated}");
    let (met, _) = compared(&estate(None), &lines);
    assert!(met > 1500, "the short ways are taken without a year: {met}");
}

/// A line of each sort that repeats itself: with its time, number and address.
fn line(sort: usize, n: usize, address: usize, (day, hour): (usize, usize)) -> String {
    let (minute, second) = (n / 60 % 60, n % 60);
    match sort % 3 {
        0 => format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a-{n}","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/ns/secrets/api","verb":"get","user":{{"username":"system:serviceaccount:ns:api","groups":["system:authenticated"]}},"sourceIPs":["203.0.113.{address}"],"userAgent":"client/1.4","objectRef":{{"resource":"secrets","namespace":"ns","name":"api","apiVersion":"v1"}},"responseStatus":{{"code":200}},"requestReceivedTimestamp":"2026-11-{day}T{hour:02}:{minute:02}:{second:02}.000000Z","stageTimestamp":"2026-11-{day}T{hour:02}:{minute:02}:{second:02}.010000Z"}}"#
        ),
        1 => format!(
            r#"{{"@timestamp":17954594{:05},"_document_id":"d-{n}","action":"git.clone","actor":"ci","actor_id":7,"org":"example","actor_ip":"203.0.113.{address}","repo":"example/app"}}"#,
            day * 86 + hour
        ),
        _ => format!(
            "Nov {day} {hour:02}:{minute:02}:{second:02} web1 sudo[{n}]: deploy : TTY=unknown ; PWD=/ ; USER=root ; COMMAND=/bin/true"
        ),
    }
}

#[test]
fn lessons_teach_what_whole_observations_teach() {
    let estate = estate(Some(YearRule::Is(2026)));
    let (mut others, mut memory) = (Others::default(), Memory::default());
    let (mut whole, mut short, mut counted) = (Baseline::new(""), Baseline::new(""), 0);
    for n in 0..900 {
        let line = line(n % 3, n, 7 + 180 * (n / 5 % 2), (10 + n / 300, n / 40 % 24));
        whole.learn(&by_the_long_way(&estate, &line, &mut Others::default()).0.unwrap());
        let learned = others.meet(line.as_bytes(), &estate, |other, template, _| {
            match template.lesson(&estate, other.places, &mut memory.habits)? {
                Told::Seen(Lesson::Count((_, at), count, hour)) => {
                    counted += 1;
                    short.count(at, count, hour);
                }
                Told::Seen(Lesson::Whole(o, class)) => {
                    let at = short.learn(&o)?;
                    template.note_taught(&o, class?, (0, at));
                }
                other => panic!("{other:?}"),
            }
            Some(())
        });
        if learned.is_none() {
            short.learn(&by_the_long_way(&estate, &line, &mut others).0.unwrap());
        }
        assert_eq!(whole, short, "{line}");
    }
    assert!(counted > 700, "most of it was learned before: {counted}");
}
