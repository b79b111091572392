//! A mask that nobody knows is no fresh start: what it does is held against the habits of who got the credential for it, too.

use super::Judge;
use crate::Code;
use crate::evidence::Finding;
use crate::memory::{Memory, names_of, workload_of};
use crate::state::WorkloadState;
use crate::view::View;
use crate::volume::Usual;
use vires_event::Effect;
use vires_profile::Workload;
use vires_profile::baseline::{DayCount, Facet, Known};
use vires_profile::observation::{Mapping, Observation, day_of};

/// What is compared: deeds, data and places. Silences, hours and counts are the mask's own, and so are its credential and its tool.
const COMPARED: [Code; 7] = [Code::P2, Code::P4, Code::D1, Code::D2, Code::D4, Code::T1, Code::T2];

impl Judge {
    /// Who got the credential of an identity that nobody knows and nobody declared, if that one has habits of its own that say anything of
    /// it: who works under many names, or does nothing but sign others in, has none.
    pub(super) fn lender(&self, known: Option<&Known>, profile: Option<&Workload>, o: &Observation<'_>) -> Option<&Known> {
        let by = o.issued_by.as_deref().filter(|_| known.is_none() && profile.is_none() && o.mapping == Mapping::Ghost)?;
        let workload = |id: &str| workload_of(Some(&self.inventory), id).into_owned();
        let own = workload(by);
        let lender = self.reference.slot(&own).and_then(|slot| self.reference.at(slot))?;
        let works = lender.learned.of(Facet::Effect).iter().any(|e| Effect::Assume.as_str() != &**e.name());
        let others = lender.learned.of(Facet::Role).iter().any(|role| workload(role.name()) != own);
        (works && !others).then_some(lender)
    }

    /// Adds what stands out against the habits of the lender, where that weighs more than what was found already: a mask excuses nothing.
    pub(super) fn look_behind(
        &self,
        lender: &Known,
        state: &WorkloadState,
        today: DayCount,
        o: &Observation<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let at = o.stream.map_or(o.at, |now| o.at.min(now));
        let (group, overlay) = (Some(lender.group), state.overlay.as_deref());
        let mut memory =
            Memory::new(&self.reference, &self.tuning, Some(lender), group, overlay, &state.days, false, at, day_of(at));
        // Habits that have run out are none.
        if memory.days == 0 {
            return;
        }
        memory.inventory = Some(&self.inventory);
        // What bears the mask's own name is its own all the same.
        memory.names = names_of(o);
        let usual = Usual::of(&memory);
        let view = View::new(o, memory, None, today, &usual);
        let mut lent = Vec::new();
        for criterion in self.criteria.iter().filter(|c| COMPARED.contains(&c.code)) {
            criterion.look(&view, &mut lent);
        }
        for mut finding in lent {
            (finding.impact, finding.grounded) = (view.impact(), true);
            finding.unknown_network = view.unknown_network();
            let key = |f: &Finding| (f.code, f.facet, f.value.clone());
            match findings.iter_mut().find(|known| key(known) == key(&finding)) {
                Some(known) if known.workings.x() < finding.workings.x() => *known = finding,
                Some(_) => {}
                None => findings.push(finding),
            }
        }
    }
}
