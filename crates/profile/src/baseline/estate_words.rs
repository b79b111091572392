//! Words with which names all over an estate begin. Where every bucket is called `<company>-…`, that two begin alike says nothing of
//! whose they are.

use super::{Facet, Learned};
use crate::observation::stable_hash;
use rustc_hash::{FxHashMap, FxHashSet};

/// So many workloads at least use names that begin so.
const LEAST: u32 = 5;
/// And one in so many of those that use any.
const SHARE: u32 = 3;
/// Most values of a workload that are looked at.
const MOST: usize = 256;

/// First words of names, by hash.
#[derive(Debug, Default)]
pub(super) struct EstateWords(FxHashSet<u64>);

/// The first word of a name of several.
fn first_word(name: &str) -> Option<&str> {
    name.find(['-', '_', '.']).and_then(|at| name.get(..at)).filter(|word| !word.is_empty())
}

impl EstateWords {
    pub fn of<'l>(estate: impl Iterator<Item = &'l Learned>) -> Self {
        let (mut counts, mut users): (FxHashMap<u64, u32>, u32) = Default::default();
        for learned in estate {
            let mut words: Vec<u64> = Vec::new();
            for value in Facet::Resource.strata().iter().flat_map(|facet| learned.of(*facet)).take(MOST) {
                let name = value.name().split_once(':').map_or("", |(_, name)| name).trim_end_matches('/');
                let ends = [name.split('/').next(), name.rsplit('/').next()];
                words.extend(ends.into_iter().flatten().filter_map(first_word).map(|word| stable_hash(word.as_bytes())));
            }
            users += u32::from(!words.is_empty());
            words.sort_unstable();
            words.dedup();
            words.into_iter().for_each(|word| *counts.entry(word).or_insert(0) += 1);
        }
        EstateWords(
            counts.into_iter().filter(|(_, n)| *n >= LEAST && n.saturating_mul(SHARE) >= users).map(|(word, _)| word).collect(),
        )
    }

    pub fn has(&self, word: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&stable_hash(word.as_bytes()))
    }
}
