use crate::args::{ConfigVerb, JudgeArgs, TagArgs};
use crate::config::{self, File, Judge, Run, SCHEMA, Tag};
use crate::failure::Failure;
use crate::known::Known;
use crate::print::print;
use crate::tag;
use anyhow::Result;
use clap::{Args, Command};

/// `vires config`
pub fn run(verb: &ConfigVerb) -> Result<(), Failure> {
    match verb {
        ConfigVerb::Show(args) => {
            let (file, path) = config::load(args.config.config.as_deref())?;
            let run = file.run.clone().resolve(Vec::new())?;
            let tuning = Known::new(&file.judge, &run, path, None).tuning()?;
            let text = if args.tuning { config::tuning::show(&tuning, false)? } else { show(&file, &tuning)? };
            Ok(print(&text)?)
        }
        ConfigVerb::Check(args) => {
            let (file, path) = config::load(args.config.as_deref())?;
            let run = file.run.resolve(Vec::new())?;
            let tag = file.tag.resolve()?;
            let known = Known::new(&file.judge, &run, path.clone(), None);
            let what = path.as_ref().map_or_else(|| "no file: the defaults".to_owned(), |path| path.display().to_string());
            let mut said = format!("ok: {what}\n");
            let mut wrong = Vec::new();
            for checked in known.check(file.judge.state.as_deref()) {
                match checked.found {
                    Ok(None) => said += &format!("ok: {}\n", checked.what),
                    Ok(Some(odd)) => said += &format!("ok: {}: {odd}\n", checked.what),
                    Err(error) => wrong.push(format!("{}: {error:#}", checked.what)),
                }
            }
            // Together with what is added to lines; a catalogue that cannot be read is told above.
            if wrong.is_empty() {
                tag::tagger(run.catalog.as_deref(), tag.options())?;
            }
            print(&said)?;
            if wrong.is_empty() { Ok(()) } else { Err(Failure::Incomplete(wrong)) }
        }
    }
}

/// The whole configuration with the description of each key. What is not set stands as a comment.
fn show(file: &File, tuning: &vires_judge::Tuning) -> Result<String> {
    let mut out = String::from(
        "# Configuration of vires. Every key is also a flag of that name, with - for _; the flag wins.\n\
         # A key that stands as a comment is not set.\n",
    );
    out += &format!("schema = \"{SCHEMA}\"\n");
    let values: toml::Table = toml::Table::try_from(file)?;
    section(&mut out, "run", Run::augment_args(Command::new("run")), &values);
    section(&mut out, "tag", Tag::augment_args(Command::new("tag")), &values);
    section(&mut out, "judge", Judge::augment_args(Command::new("judge")), &values);
    out += "\n";
    out += &config::tuning::show(tuning, true)?;
    Ok(out)
}

fn section(out: &mut String, name: &str, command: Command, values: &toml::Table) {
    *out += &format!("\n[{name}]\n");
    for arg in command.get_arguments() {
        let key = arg.get_id().as_str();
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        *out += &format!("# {help}\n");
        let words: Vec<_> = arg.get_possible_values().iter().map(|v| v.get_name().to_owned()).collect();
        if !words.is_empty() && words != ["true", "false"] {
            *out += &format!("# One of: {}\n", words.join(", "));
        }
        match values.get(name).and_then(|section| section.get(key)) {
            Some(value) => *out += &format!("{key} = {value}\n\n"),
            None => *out += &format!("# {key} =\n\n"),
        }
    }
    *out = out.trim_end().to_owned() + "\n";
}

/// Every setting is in the file's structs or says why it is only a flag.
const _: fn(&TagArgs) -> (&Tag, &Run) = |args| (&args.tag, &args.run);
const _: fn(&JudgeArgs) -> (&Tag, &Run, &Judge) = |args| (&args.tag, &args.run, &args.judge);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_used() {
        let file = File {
            run: Run { threads: Some(3), stats: Some(true), catalog: Some("/x\"y".into()), ..Run::default() },
            ..File::default()
        };
        let text = show(&file, &vires_judge::Tuning::default()).unwrap();
        let read: File = toml::from_str(&text).unwrap();
        assert_eq!(read.run, file.run);
        assert!(text.contains("\nthreads = 3\n") && text.contains("\n# listen =\n"), "{text}");
    }

    #[test]
    fn every_key_of_the_file_is_a_flag_and_the_other_way_round() {
        for (command, name) in [
            (Run::augment_args(Command::new("x")), "run"),
            (Tag::augment_args(Command::new("x")), "tag"),
            (Judge::augment_args(Command::new("x")), "judge"),
        ] {
            let error = toml::from_str::<File>(&format!("[{name}]\nnonsense = 1\n")).unwrap_err().to_string();
            let known: Vec<_> = error.split('`').skip(3).step_by(2).map(str::to_owned).collect();
            let flags: Vec<_> = command.get_arguments().map(|a| a.get_id().to_string()).collect();
            assert_eq!(known, flags, "{error}");
        }
    }
}
