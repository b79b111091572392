use crate::args::Overlay;
use crate::failure::Failure;
use crate::print::print;
use crate::tag::catalog;

/// `vires catalog lint`
pub fn run(args: &Overlay) -> Result<(), Failure> {
    let catalog = catalog(args.catalog.as_deref())?;
    let findings = vires_catalog::lint(&catalog);
    if findings.is_empty() {
        return Ok(print("ok\n")?);
    }
    Err(Failure::Incomplete(findings.iter().map(ToString::to_string).collect()))
}
