//! Writes the reference pages: `cargo run -p vires-report --example docs`.

fn main() -> std::io::Result<()> {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
    std::fs::create_dir_all(docs)?;
    std::fs::write(format!("{docs}/columns.md"), vires_report::docs::columns_page())?;
    std::fs::write(format!("{docs}/standards.md"), vires_report::docs::standards_page())
}
