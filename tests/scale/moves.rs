use crate::common::{arg, run};
use crate::estate::Estate;
use crate::{Bench, Found, key, share_of, split};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn state(args: &[&str], input: &[u8]) -> Vec<u8> {
    run(&[&["state"], args].concat(), input).ok().stdout
}

fn halves(joined: &[u8]) -> (&[u8], &[u8]) {
    let middle = joined.len() / 2;
    joined.split_at(middle + joined[middle..].iter().position(|b| *b == b'\n').unwrap() + 1)
}

/// Two judges become three in the middle of the stream: each workload's memory goes where its events go.
#[test]
fn workloads_are_handed_over_with_what_is_remembered_of_them() {
    let estate = Estate::new();
    let bench = Bench::new(estate.known());
    let one = bench.one(estate.logs.as_bytes());
    let joined = bench.join(estate.logs.as_bytes());
    let (before, after) = halves(&joined);
    let mut found = Found::default();
    for (n, share) in split(before, 2).iter().enumerate() {
        bench.decide(&format!("old-{n}"), share, &mut found);
    }
    let old = [bench.path("old-0.state"), bench.path("old-1.state")];
    let all = bench.path("all.state");
    state(&["merge", arg(&old[0]), arg(&old[1]), "-o", arg(&all)], b"");
    let listed = state(&["list", arg(&all)], b"");
    let name =
        |line: &[u8]| serde_json::from_slice::<serde_json::Value>(line).unwrap()["workload"].as_str().unwrap().to_owned();
    for n in 0..3 {
        let of_share = |line: &&[u8]| share_of(&name(line), 3) == n;
        let names: Vec<u8> = listed.split_inclusive(|b| *b == b'\n').filter(of_share).flatten().copied().collect();
        let taken = bench.path(&format!("new-{n}.state"));
        state(&["take", arg(&all), "--workloads", "-", "-o", arg(&taken)], &names);
        assert_eq!(state(&["list", arg(&taken)], b""), names);
        assert_eq!(std::fs::metadata(&taken).unwrap().permissions().mode() & 0o777, 0o600);
    }
    for (n, share) in split(after, 3).iter().enumerate() {
        bench.decide(&format!("new-{n}"), share, &mut found);
    }
    assert!(found == one, "three judges do not go on where two were");

    // Without the hand-over it would have been another story.
    let mut forgetful = Found::default();
    for (n, share) in split(before, 2).iter().enumerate() {
        bench.decide(&format!("again-{n}"), share, &mut forgetful);
    }
    for (n, share) in split(after, 3).iter().enumerate() {
        bench.decide(&format!("fresh-{n}"), share, &mut forgetful);
    }
    assert!(forgetful.cases != one.cases);
}

#[test]
fn what_is_taken_and_what_is_left_are_the_whole() {
    let estate = Estate::new();
    let bench = Bench::new(estate.known());
    bench.decide("a", &bench.join(estate.logs.as_bytes()), &mut Found::default());
    let whole = bench.path("a.state");
    let (some, rest, again) = (bench.path("some"), bench.path("rest"), bench.path("again"));
    state(&["take", arg(&whole), "--workloads", "-", "-o", arg(&some)], b"w1\n{\"workload\":\"w3\"}\n");
    state(&["take", arg(&whole), "--workloads", "-", "--except", "-o", arg(&rest)], b"w1\nw3\n");
    assert_eq!(state(&["list", arg(&some)], b"").split(|b| *b == b'\n').count(), 3);
    state(&["merge", arg(&rest), arg(&some), "-o", arg(&again)], b"");
    let list = |path: &Path| state(&["list", arg(path)], b"");
    assert_eq!(list(&again), list(&whole));
    let text = |path: &Path| std::fs::read_to_string(path).unwrap().split_once("\"joins\"").unwrap().1.to_owned();
    assert_eq!(text(&again), text(&whole));
    assert!(String::from_utf8(list(&whole)).unwrap().contains("\"case\":\"case-"));

    let refused = |args: &[&str], input: &[u8], why: &str| {
        let done = run(&[&["state"], args].concat(), input);
        assert!(done.code == Some(2) && done.stdout.is_empty() && done.stderr.contains(why), "{done:?}");
    };
    refused(&["merge", arg(&whole), arg(&some)], b"", "a workload belongs to one judge");
    refused(&["take", arg(&whole), "--workloads", "-"], b"nobody\n", "does not know the workload `nobody`");
    bench.judge(&["--state", arg(&bench.path("both")), "-"], estate.logs.as_bytes()).ok();
    refused(&["merge", arg(&bench.path("both"))], b"", "--step decide");
}

/// A share that comes after all others, in pieces, with its judge killed between them.
#[test]
fn a_late_share_is_judged_as_if_in_time() {
    let estate = Estate::new();
    let bench = Bench::new(estate.known());
    let one = bench.one(estate.logs.as_bytes());
    let shares = split(&bench.join(estate.logs.as_bytes()), 3);
    let mut found = Found::default();
    bench.decide("c", &shares[2], &mut found);
    bench.decide("a", &shares[0], &mut found);
    // One share is missing: of its workloads nothing is known, of all others everything.
    let lost = |case: &str| {
        let case: serde_json::Value = serde_json::from_str(case).unwrap();
        share_of(case["workload"].as_str().unwrap(), 3) == 1
    };
    let there: Vec<&String> = one.cases.iter().filter(|case| !lost(case)).collect();
    assert_eq!(found.cases.iter().collect::<Vec<_>>(), there);
    assert!(there.len() < one.cases.len());
    let (first, second) = halves(&shares[1]);
    bench.decide("b", first, &mut found);
    bench.decide("b", second, &mut found);
    assert!(found == one);
    assert!(!key(first.split(|b| *b == b'\n').next().unwrap()).is_empty());
}
