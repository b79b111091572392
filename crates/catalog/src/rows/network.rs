use crate::load::{Reader, Record};
use crate::table::{At, Column, Row, col};
use crate::word::words;

words! {
    /// What a network row's value is.
    NetworkKind, "network kind" {
        /// An autonomous system, `AS16509`.
        Asn = "asn",
        /// An address range, `10.0.0.0/8`.
        Cidr = "cidr",
        /// Text that stands where an address would, `AWS Internal`, `*.amazonaws.com`.
        Token = "token",
    }
}

/// A network that is known by its number, range or name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// What the value is.
    pub kind: NetworkKind,
    /// The number, range or text.
    pub value: String,
    /// What sort of network: `cloud`, `cdn`, `hosting`, `vpn`, `private`, `metadata`, `documentation`, `provider_service` ….
    pub class: String,
    /// Whose it is.
    pub name: String,
    /// Where the row stands.
    pub at: At,
}

impl Record for Network {
    const FILE: &'static str = "networks.tsv";
    const COLUMNS: &'static [Column] = &[col("kind"), col("value"), col("class"), col("name"), col("verified_by")];

    fn id(row: &Row<'_, '_>) -> String {
        format!("{}:{}", row.get("kind"), row.get("value"))
    }

    fn read(cells: &mut Reader<'_, '_, '_>) -> Option<Self> {
        let kind = cells.word("kind");
        let value = cells.required("value");
        let class = cells.required("class");
        let (kind, value) = (kind?, value?);
        let fits = match kind {
            NetworkKind::Asn => value.strip_prefix("AS").is_some_and(|n| n.parse::<u32>().is_ok()),
            NetworkKind::Cidr => is_cidr(value),
            NetworkKind::Token => true,
        };
        if !fits {
            cells.refuse(format!("`{value}` is no {kind}"), "write AS16509 or 10.0.0.0/8, one per row".to_owned());
            return None;
        }
        Some(Network {
            kind,
            value: value.to_owned(),
            class: class?.to_owned(),
            name: cells.text("name").to_owned(),
            at: cells.row.at.clone(),
        })
    }
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let Ok(address) = address.parse::<std::net::IpAddr>() else { return false };
    bits.parse::<u8>().is_ok_and(|b| b <= if address.is_ipv4() { 32 } else { 128 })
}
