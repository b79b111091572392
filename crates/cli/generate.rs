use crate::args::{Cli, GenerateVerb};
use crate::failure::Failure;
use crate::print::print;
use clap::{Command, CommandFactory};

/// `vires generate`
pub fn run(verb: &GenerateVerb) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    match verb {
        GenerateVerb::Completions { shell } => clap_complete::generate(*shell, &mut Cli::command(), "vires", &mut bytes),
        GenerateVerb::Man => manual(&mut bytes)?,
    }
    Ok(print(&String::from_utf8_lossy(&bytes))?)
}

/// One page: the program and then every verb, since a manual that is spread over a dozen pages is not read.
fn manual(out: &mut Vec<u8>) -> std::io::Result<()> {
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(out)?;
    verbs(&command, "", out)
}

fn verbs(command: &Command, prefix: &str, out: &mut Vec<u8>) -> std::io::Result<()> {
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let name = format!("{prefix}{}", verb.get_name());
        let page = clap_mangen::Man::new(verb.clone().display_name(&name));
        out.extend_from_slice(format!(".SH \"VIRES {}\"\n", name.to_uppercase()).as_bytes());
        page.render_synopsis_section(out)?;
        page.render_description_section(out)?;
        if verb.has_subcommands() {
            verbs(verb, &format!("{name} "), out)?;
        } else {
            page.render_options_section(out)?;
        }
    }
    Ok(())
}
