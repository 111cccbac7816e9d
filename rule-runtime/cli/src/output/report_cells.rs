//! What stands in the cells of a report's tables: answers, measures, waivers, remarks.
//!
//! In: a clause and the report. Out: text in the report's language.

use sekisho_engine::guideline::Coverage;

use super::report_labels::Labels;
use crate::report::{
    AttestationResult, ClauseResult, GuidelineResult, Moment, PolicyResult, Report, State, Waiver,
};

/// Writes cells.
pub(super) struct Maker<'a> {
    pub(super) report: &'a Report,
    pub(super) labels: &'a Labels,
}

impl Maker<'_> {
    pub(super) fn name(&self, guideline: &GuidelineResult) -> String {
        let part = guideline.part.as_ref().map(|part| format!(" {part}")).unwrap_or_default();
        format!("{}{part}", self.labels.text(&guideline.title))
    }

    /// What a form takes: はい, いいえ or 対象外; nothing where a person has to look.
    pub(super) fn answer(&self, state: State) -> String {
        match state {
            State::Unknown | State::NotCheckable => String::new(),
            state => self.labels.of("state", state),
        }
    }

    pub(super) fn target_date(&self, state: State) -> String {
        let date = self.report.target_date.filter(|_| state == State::No);
        date.map(|date| date.to_string()).unwrap_or_default()
    }

    pub(super) fn found<'a>(&'a self, clause: &'a ClauseResult) -> impl Iterator<Item = &'a PolicyResult> {
        clause.policies.iter().filter_map(|shown| self.report.policies.get(&shown.id))
    }

    pub(super) fn measures(&self, clause: &ClauseResult) -> String {
        let policies = clause.policies.iter().map(|shown| shown.id.as_str());
        let all: Vec<_> = policies.chain(clause.attestations.iter().map(|entry| entry.id.as_str())).collect();
        all.join(self.labels.comma())
    }

    pub(super) fn titles(&self, clause: &ClauseResult) -> String {
        self.found(clause).map(|policy| self.labels.text(&policy.title)).collect::<Vec<_>>().join("; ")
    }

    pub(super) fn attestations(&self, clause: &ClauseResult) -> String {
        clause.attestations.iter().map(|entry| self.attestation(entry)).collect::<Vec<_>>().join("; ")
    }

    pub(super) fn attestation(&self, entry: &AttestationResult) -> String {
        let parts =
            [("done_on", &entry.done_on), ("expires_on", &entry.expires_on), ("approver", &entry.approver)];
        let parts = parts.into_iter().filter_map(|(name, value)| {
            value.as_ref().map(|value| format!("{} {value}", self.labels.get(name)))
        });
        let parts: Vec<String> = parts.collect();
        if parts.is_empty() {
            entry.id.clone()
        } else {
            format!("{} ({})", entry.id, parts.join(self.labels.comma()))
        }
    }

    pub(super) fn waivers(&self, clause: &ClauseResult) -> String {
        self.waivers_of(self.found(clause))
    }

    pub(super) fn waivers_of<'a>(&self, policies: impl IntoIterator<Item = &'a PolicyResult>) -> String {
        let rows = policies.into_iter().flat_map(|policy| &policy.rows);
        let mut waivers: Vec<&Waiver> = rows.filter_map(|row| row.waiver.as_ref()).collect();
        waivers.sort_by(|a, b| (&a.id, a.expired).cmp(&(&b.id, b.expired)));
        waivers.dedup();
        let texts = waivers.into_iter().map(|waiver| {
            let expired = Some(self.labels.get("waiver.expired").to_owned()).filter(|_| waiver.expired);
            let until =
                waiver.expires_on.as_ref().map(|date| format!("{} {date}", self.labels.get("expires_on")));
            let owner = waiver.owner.as_ref().map(|owner| format!("{} {owner}", self.labels.get("owner")));
            let approver =
                waiver.approver.as_ref().map(|name| format!("{} {name}", self.labels.get("approver")));
            let parts: Vec<String> = [until, expired, owner, approver].into_iter().flatten().collect();
            format!("{} ({})", waiver.id, parts.join(self.labels.comma()))
        });
        texts.collect::<Vec<_>>().join("; ")
    }

    pub(super) fn remarks(&self, clause: &ClauseResult) -> String {
        let mut remarks: Vec<String> = Vec::new();
        let mut add = |name: &str| remarks.push(self.labels.get(name).to_owned());
        match clause.state {
            State::Unknown => add("remark.unknown"),
            State::NotCheckable => add("remark.not_checkable"),
            _ => match clause.coverage {
                Coverage::Partial => add("remark.partial"),
                Coverage::Attestation => add("remark.attestation"),
                Coverage::Full | Coverage::None => {}
            },
        }
        if clause.counts.waived > 0 {
            add("remark.waived");
        }
        if self.found(clause).any(|policy| policy.residency) {
            add("remark.residency");
        }
        remarks.extend(clause.why.iter().map(|why| self.labels.text(why).to_owned()));
        remarks.extend(clause.not_checkable.as_ref().map(|text| self.labels.text(text).to_owned()));
        remarks.join("; ")
    }
}

/// The day in Japan.
pub(super) fn date(moment: Option<Moment>) -> String {
    moment.map(|moment| moment.japan_date().to_string()).unwrap_or_default()
}
