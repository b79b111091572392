use super::Ended;
use super::args::{ExpandArgs, GenerateArgs, ImportArgs, MutateArgs};
use super::files;
use super::progress::Progress;
use crate::decode::Decoder;
use crate::engine::{Engine, Tuning};
use crate::evaluate::replay;
use crate::generate::{Archetypes, Population, Spec};
use crate::import::{Import, import as import_collection};
use crate::mutate::{Mutation, mutate as mutate_scenario};
use crate::report::table::aligned;
use crate::report::text::{clean, count, rate, several};
use crate::scenario::{
    Document, Estate, Form, Labels, LogSource, Manifest, Parts, Provenance, SCHEMA, Scenario, ScenarioKind, Split, assemble,
    parts, write_literal,
};
use crate::score::{Fate, Outcome};
use anyhow::{Context, bail};
use rayon::prelude::*;
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

fn form(gzip: bool) -> Form {
    if gzip { Form::Gzip } else { Form::Plain }
}

pub(super) fn expand(args: &ExpandArgs, out: &mut Vec<u8>) -> anyhow::Result<Ended> {
    let mut written = 0_u64;
    for (dir, manifest) in files::selected(&args.corpus)?.sound()? {
        let parts = parts(&dir, manifest)?;
        let id = Path::new(&parts.manifest.id);
        if !id.components().all(|part| matches!(part, Component::Normal(_))) {
            bail!("{}: the id `{}` leads out of the folder of --out", dir.display(), clean(&parts.manifest.id, 100));
        }
        let to = args.out.join(&parts.manifest.id);
        if same_place(&dir, &to) {
            bail!("{}: would be written over itself; name another --out", dir.display());
        }
        write_literal(&parts, &to, form(args.gzip)).with_context(|| format!("failed to write {}", to.display()))?;
        written += 1;
    }
    writeln!(out, "{} written to {}", several(written, "scenario", "scenarios"), args.out.display())?;
    Ok(Ended::Well)
}

fn same_place(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// How many of each archetype, if nothing is asked for: an estate as many have it.
const MIX: [(&str, u32); 23] = [
    ("web-service", 26),
    ("etl", 9),
    ("ci", 9),
    ("k8s-controller", 8),
    ("integration", 6),
    ("vault-client", 6),
    ("gcp-service", 5),
    ("github-bot", 4),
    ("agent", 3),
    ("key-user", 3),
    ("agent-tools", 2),
    ("code-agent", 1),
    ("azure-automation", 2),
    ("backup", 2),
    ("entra-app", 1),
    ("gcp-deployer", 2),
    ("graph-app", 2),
    ("iac", 2),
    ("salesforce-app", 2),
    ("snowflake-loader", 2),
    ("m365-app", 1),
    ("okta-integration", 1),
    ("okta-token", 1),
];

pub(super) fn generate(args: &GenerateArgs, out: &mut Vec<u8>) -> anyhow::Result<Ended> {
    let archetypes = Archetypes::builtin()?;
    let mut population = Population::default();
    let asked: Vec<(String, u32)> = if args.archetype.is_empty() {
        let total: u32 = MIX.iter().map(|(_, n)| n).sum();
        // Rounded down, the rest goes to the first: the sum is what was asked for.
        let mut mix: Vec<(String, u32)> = MIX
            .iter()
            .map(|(name, n)| (name.to_string(), args.identities / total * n + args.identities % total * n / total))
            .collect();
        let sum: u32 = mix.iter().map(|(_, n)| n).sum();
        if let Some(first) = mix.first_mut() {
            first.1 += args.identities - sum;
        }
        mix
    } else {
        args.archetype.iter().map(|text| named(text)).collect::<anyhow::Result<_>>()?
    };
    for (name, count) in &asked {
        let known = || archetypes.names().collect::<Vec<_>>().join(", ");
        let archetype = archetypes.get(name).with_context(|| format!("no archetype `{name}`; there are {}", known()))?;
        population.add(archetype, *count, args.seed);
    }
    if population.members.is_empty() {
        bail!("nobody acts; ask for --identities or --archetype NAME=COUNT");
    }
    let identities = population.members.len() as u64;
    let spec = Spec {
        population: Arc::new(population),
        start: 20_513,
        history_days: args.history,
        days: args.days,
        history_seed: args.seed,
        seed: args.seed.wrapping_add(1),
        drift: !args.no_drift,
    }
    .busier(args.rate);
    let id = args.id.clone();
    let parts = Parts {
        manifest: Manifest {
            schema: SCHEMA.into(),
            family: id.split('/').next().unwrap_or(&id).to_string(),
            id,
            kind: ScenarioKind::Noise,
            split: Split::Test,
            title: format!("{identities} identities, {} days", args.days),
            why: "Nothing happens here that anybody should be told of.".into(),
            incident: String::new(),
            owasp: Vec::new(),
            attack: Vec::new(),
            provenance: Provenance::Modelled,
            expect: None,
            history: None,
            background: None,
            actor: Vec::new(),
            inject: Vec::new(),
            shift: Vec::new(),
        },
        dir: args.out.clone(),
        estate: Estate {
            events: LogSource::Stream(Arc::new(spec.events(Vec::new()))),
            history: Some(LogSource::Stream(Arc::new(spec.history()))),
            inventory: Some(Document { path: args.out.join("inventory.toml"), text: spec.inventory(None) }),
            exceptions: None,
            baseline: None,
        },
        labels: Labels::default(),
        digest: String::new(),
    };
    write_literal(&parts, &args.out, form(args.gzip)).with_context(|| format!("failed to write {}", args.out.display()))?;
    writeln!(
        out,
        "{} identities, {} days after {} days of history ({} identity-days) written to {}",
        count(identities),
        args.days,
        args.history,
        count(identities * u64::from(args.days)),
        args.out.display()
    )?;
    Ok(Ended::Well)
}

fn named(text: &str) -> anyhow::Result<(String, u32)> {
    let wrong = || format!("--archetype {text}: write NAME=COUNT");
    let (name, count) = text.split_once('=').with_context(wrong)?;
    Ok((name.to_string(), count.parse().ok().filter(|n| *n <= 1_000_000).with_context(wrong)?))
}

pub(super) fn import(args: &ImportArgs, out: &mut Vec<u8>) -> anyhow::Result<Ended> {
    let import =
        Import { collection: args.collection, from: args.dir.clone(), to: args.out.clone(), test_days: args.test_days };
    let done = import_collection(&import)?;
    let (scenarios, events) =
        (several(done.scenarios as u64, "scenario", "scenarios"), several(done.events as u64, "event", "events"));
    write!(out, "{scenarios} with {events} written to {}", args.out.display())?;
    if done.skipped > 0 {
        write!(out, "; {} left out, nothing in them could be used", several(done.skipped as u64, "file", "files"))?;
    }
    writeln!(out)?;
    Ok(Ended::Well)
}

pub(super) fn mutate(args: &MutateArgs, engine: &dyn Engine, out: &mut Vec<u8>) -> anyhow::Result<Ended> {
    let mutations = if args.mutation.is_empty() { Mutation::ALL.to_vec() } else { args.mutation.clone() };
    let paths: Vec<PathBuf> = args.tuning.iter().cloned().collect();
    let tunings: Vec<Tuning> = files::tunings(&paths, engine)?.into_iter().take(1).collect();
    let progress = Progress::new();
    let corpus = files::load(files::selected(&args.corpus)?, 1 + mutations.len(), &progress)?;
    let decoder = Decoder::new()?.learning();
    let judge = |scenarios: &[Scenario]| -> anyhow::Result<Vec<Outcome>> {
        let replays = replay(engine, scenarios, &tunings, args.seed, &|| progress.step())?;
        Ok(replays.into_iter().flatten().map(|(outcome, _)| outcome).collect())
    };
    let before = judge(&corpus.scenarios)?;
    let mut rows = vec![["mutation", "caught", "lost", "gained", "false", "recall"].map(String::from).to_vec()];
    rows.push(row("(none)", &before, &before));
    for mutation in mutations {
        // Changed logs are held in memory: one scenario at a time, and only what came of it is kept.
        let change = |scenario: &Scenario| -> anyhow::Result<Vec<Outcome>> {
            let parts = mutate_scenario(scenario, mutation, args.seed)?;
            if let Some(to) = &args.out {
                let to = to.join(&parts.manifest.id);
                write_literal(&parts, &to, Form::Plain).with_context(|| format!("failed to write {}", to.display()))?;
            }
            judge(&[assemble(parts, &decoder)?])
        };
        let after: Vec<Vec<Outcome>> = corpus.scenarios.par_iter().map(change).collect::<anyhow::Result<_>>()?;
        rows.push(row(mutation.as_str(), &before, &after.into_iter().flatten().collect::<Vec<_>>()));
    }
    progress.finish();
    out.write_all(aligned(rows, &[]).as_bytes())?;
    Ok(Ended::Well)
}

fn row(name: &str, before: &[Outcome], after: &[Outcome]) -> Vec<String> {
    let caught = |o: &[Outcome]| o.iter().flat_map(|o| &o.instances).filter(|i| i.fate == Fate::Caught).count();
    let all = after.iter().map(|o| o.instances.len()).sum::<usize>();
    let pairs = || before.iter().zip(after).flat_map(|(b, a)| b.instances.iter().zip(&a.instances));
    let turned =
        |from: bool| pairs().filter(|(b, a)| (b.fate == Fate::Caught) == from && (a.fate == Fate::Caught) != from).count();
    let wrong: usize = after.iter().map(|o| o.false_cases.len()).sum();
    let recall = (all > 0).then(|| caught(after) as f64 / all as f64);
    vec![
        name.into(),
        caught(after).to_string(),
        turned(true).to_string(),
        turned(false).to_string(),
        wrong.to_string(),
        rate(recall),
    ]
}
