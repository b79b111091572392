//! `vires catalog`: what the program knows, as tables; whether it can be right; what of it matches one event.

mod facts;
mod lint;
mod list;
mod test;

use crate::args::CatalogVerb;
use crate::failure::Failure;

/// `vires catalog`
pub fn run(verb: &CatalogVerb) -> Result<(), Failure> {
    match verb {
        CatalogVerb::List(args) => list::run(args),
        CatalogVerb::Lint(args) => lint::run(args),
        CatalogVerb::Test(args) => test::run(args),
    }
}
