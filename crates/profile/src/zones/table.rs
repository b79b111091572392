use ipnet::IpNet;
use std::net::IpAddr;

/// Longest-prefix lookup by binary search: nested networks are flattened into ranges that do not overlap, each with the number of
/// the network that wins there.
#[derive(Debug, Clone, Default)]
pub(super) struct PrefixTable {
    v4: Vec<Range>,
    v6: Vec<Range>,
}

#[derive(Debug, Clone, Copy)]
struct Range {
    first: u128,
    last: u128,
    number: u32,
}

impl PrefixTable {
    /// Of two equal networks the first in the list wins.
    pub fn new(prefixes: &[(IpNet, u32)]) -> Self {
        let mut v4 = Vec::new();
        let mut v6 = Vec::new();
        for (net, number) in prefixes {
            match net.trunc() {
                IpNet::V4(net) => {
                    v4.push(Range {
                        first: u32::from(net.network()).into(),
                        last: u32::from(net.broadcast()).into(),
                        number: *number,
                    });
                }
                IpNet::V6(net) => {
                    v6.push(Range { first: net.network().into(), last: net.broadcast().into(), number: *number });
                }
            }
        }
        PrefixTable { v4: flatten(v4), v6: flatten(v6) }
    }

    pub fn get(&self, address: IpAddr) -> Option<u32> {
        let (table, address) = match address {
            IpAddr::V4(a) => (&self.v4, u128::from(u32::from(a))),
            IpAddr::V6(a) => (&self.v6, u128::from(a)),
        };
        let next = table.partition_point(|range| range.first <= address);
        let range = table.get(next.checked_sub(1)?)?;
        (address <= range.last).then_some(range.number)
    }
}

/// Networks nest or are disjoint, never cross: walking them by start, the larger first, a stack holds those that are still open,
/// and the innermost open one owns the ground up to the next border.
fn flatten(mut nets: Vec<Range>) -> Vec<Range> {
    nets.sort_by_key(|r| (r.first, std::cmp::Reverse(r.last)));
    nets.dedup_by_key(|r| (r.first, r.last));
    let mut out = Vec::with_capacity(nets.len() * 2);
    let mut open: Vec<Range> = Vec::new();
    // The first address that no written range covers yet; `None` past the last address there is.
    let mut at = Some(0u128);
    for net in nets {
        close(&mut open, Some(net.first), &mut at, &mut out);
        if let (Some(outer), Some(start)) = (open.last(), at)
            && start < net.first
        {
            out.push(Range { first: start.max(outer.first), last: net.first - 1, number: outer.number });
        }
        at = Some(net.first);
        open.push(net);
    }
    close(&mut open, None, &mut at, &mut out);
    out
}

/// Writes out the open networks that end before `until` (all if `None`).
fn close(open: &mut Vec<Range>, until: Option<u128>, at: &mut Option<u128>, out: &mut Vec<Range>) {
    while let Some(net) = open.last().copied().filter(|net| until.is_none_or(|until| net.last < until)) {
        open.pop();
        if let Some(start) = at.filter(|start| *start <= net.last) {
            out.push(Range { first: start.max(net.first), last: net.last, number: net.number });
        }
        *at = net.last.checked_add(1);
    }
}
