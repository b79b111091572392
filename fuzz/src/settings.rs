//! The configuration file of the program itself, read by the module that the program reads it with.

#[path = "../../crates/cli/config/mod.rs"]
#[allow(dead_code, unused_imports, missing_docs, clippy::all)]
mod config;

/// A configuration: refused with its name, or of use.
pub fn config(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("vires.toml");
    std::fs::write(&path, data).expect("a file");
    match config::load(Some(&path)) {
        Ok((mut file, from)) => {
            assert_eq!(from.as_deref(), Some(&*path));
            // What is written down again says the same.
            let text = toml::to_string(&file).expect("it can be written");
            std::fs::write(&path, &text).expect("a file");
            let (again, _) = config::load(Some(&path)).expect("what is written can be read");
            assert_eq!(toml::to_string(&again).expect("it can be written"), text);
            // Whatever it says, nothing is opened here but the file of the log, which is none of this test's.
            file.run.log_file = None;
            if let Ok(run) = file.run.resolve(Vec::new()) {
                assert!(run.options.threads > 0);
            }
            let _ = file.tag.resolve().map(|tag| tag.options());
        }
        Err(error) => assert!(format!("{error:#}").contains("vires.toml"), "no place: {error:#}"),
    }
}
