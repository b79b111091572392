//! The reference pages say what the code does.

#[test]
fn reference_pages_are_up_to_date() {
    for (name, page) in
        [("columns.md", vires_report::docs::columns_page()), ("standards.md", vires_report::docs::standards_page())]
    {
        let path = format!("{}/../../docs/{name}", env!("CARGO_MANIFEST_DIR"));
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page, "docs/{name} is stale: run `cargo run -p vires-report --example docs`");
    }
}
