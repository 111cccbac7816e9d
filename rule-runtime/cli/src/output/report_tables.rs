//! The tables that the forms ask for, out of a report.
//!
//! In: a [`Report`]. Out: a [`Table`]: the ministry's checklist, answers for MDS/SDS, an extract for the
//! サービス仕様適合開示書, clause by policy by resource, and the rows of evidence. Each row has its times in UTC and in Japan
//! time, the policies' revision and their SHA-256.

use clap::ValueEnum;

use super::report_cells::{Maker, date};
use super::report_labels::Labels;
use crate::report::{
    ClausePolicy, ClauseResult, Finding, GuidelineResult, Moment, PolicyResult, Report, Row,
};

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableKind {
    /// はい / いいえ / 対象外, 確認日, 目標日, 備考
    Checklist,
    /// Answers for 医療情報セキュリティ開示書 (MDS/SDS)
    MdsSds,
    /// Extract for the サービス仕様適合開示書
    Disclosure,
    /// Clause by policy by resource
    Matrix,
}

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name in JSON.
    pub key: &'static str,
    /// Its name in the report's language.
    pub name: String,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// `checklist`.
    pub name: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each as long as `columns`.
    pub rows: Vec<Vec<String>>,
}

const CHECKLIST: &[&str] = &[
    "guideline",
    "edition",
    "clause",
    "confidence",
    "requirement",
    "result",
    "coverage",
    "checked_on",
    "target_date",
    "resources",
    "not_met",
    "waivers",
    "measures",
    "remarks",
];
const MDS_SDS: &[&str] = &["guideline", "item", "requirement", "answer", "coverage", "remarks", "measures"];
const DISCLOSURE: &[&str] = &[
    "guideline",
    "edition",
    "clause",
    "requirement",
    "status",
    "coverage",
    "measures",
    "attestations",
    "waivers",
    "open",
    "remarks",
];
const EVIDENCE: &[&str] = &[
    "guideline",
    "edition",
    "clause",
    "confidence",
    "requirement",
    "measure",
    "measure_title",
    "result",
    "coverage",
    "resources",
    "not_met",
    "waivers",
    "checked_on",
    "target_date",
    "evidence",
    "remarks",
];
const MATRIX: &[&str] = &[
    "guideline",
    "edition",
    "clause",
    "requirement",
    "policy",
    "policy_title",
    "severity",
    "account",
    "region",
    "resource_type",
    "resource_id",
    "finding",
    "reasons",
    "waiver",
    "waiver_expiry",
    "waiver_owner",
    "waiver_approver",
    "captured_japan",
    "captured_utc",
];
/// Behind the columns of every table.
const ORIGIN: &[&str] =
    &["evaluated_japan", "evaluated_utc", "created_japan", "created_utc", "revision", "sha256"];

/// The table of `kind`.
pub fn table(report: &Report, kind: TableKind, labels: &Labels) -> Table {
    let maker = Maker { report, labels };
    match kind {
        TableKind::Checklist => {
            maker.by_clause("checklist", CHECKLIST, |guideline, clause| maker.checklist(guideline, clause))
        }
        TableKind::MdsSds => {
            maker.by_clause("mds-sds", MDS_SDS, |guideline, clause| maker.mds_sds(guideline, clause))
        }
        TableKind::Disclosure => {
            maker.by_clause("disclosure", DISCLOSURE, |guideline, clause| maker.disclosure(guideline, clause))
        }
        TableKind::Matrix => maker.matrix(),
    }
}

/// A row a clause and measure: what an auditor files.
pub fn evidence(report: &Report, labels: &Labels) -> Table {
    let maker = Maker { report, labels };
    let mut rows = Vec::new();
    for (guideline, clause) in maker.clauses() {
        rows.extend(maker.evidence(guideline, clause));
    }
    Table { name: "evidence", columns: maker.columns(EVIDENCE), rows }
}

impl Maker<'_> {
    fn clauses(&self) -> impl Iterator<Item = (&GuidelineResult, &ClauseResult)> {
        let guidelines = self.report.guidelines.iter();
        guidelines.flat_map(|guideline| guideline.clauses.iter().map(move |clause| (guideline, clause)))
    }

    fn columns(&self, keys: &[&'static str]) -> Vec<Column> {
        let name = |key: &str| self.labels.get(&format!("col.{key}")).to_owned();
        keys.iter().chain(ORIGIN).map(|&key| Column { key, name: name(key) }).collect()
    }

    fn by_clause(
        &self,
        name: &'static str,
        keys: &[&'static str],
        row: impl Fn(&GuidelineResult, &ClauseResult) -> Vec<String>,
    ) -> Table {
        let rows = self.clauses().map(|(guideline, clause)| {
            let mut row = row(guideline, clause);
            row.extend(self.origin(clause.evaluated_at));
            row
        });
        Table { name, columns: self.columns(keys), rows: rows.collect() }
    }

    fn checklist(&self, guideline: &GuidelineResult, clause: &ClauseResult) -> Vec<String> {
        vec![
            self.name(guideline),
            guideline.edition.clone(),
            self.labels.text(&clause.label).to_owned(),
            self.labels.of("confidence", clause.confidence),
            self.labels.text(&clause.title).to_owned(),
            self.answer(clause.state),
            self.labels.of("coverage", clause.coverage),
            date(clause.evaluated_at),
            self.target_date(clause.state),
            clause.counts.judged().to_string(),
            clause.counts.non_compliant.to_string(),
            self.waivers(clause),
            self.measures(clause),
            self.remarks(clause),
        ]
    }

    fn mds_sds(&self, guideline: &GuidelineResult, clause: &ClauseResult) -> Vec<String> {
        let remarks = self.remarks(clause);
        let form = self.labels.get("remark.form");
        vec![
            self.name(guideline),
            self.labels.text(&clause.label).to_owned(),
            self.labels.text(&clause.title).to_owned(),
            self.answer(clause.state),
            self.labels.of("coverage", clause.coverage),
            if remarks.is_empty() { form.to_owned() } else { format!("{remarks}; {form}") },
            self.measures(clause),
        ]
    }

    fn disclosure(&self, guideline: &GuidelineResult, clause: &ClauseResult) -> Vec<String> {
        vec![
            self.name(guideline),
            guideline.edition.clone(),
            self.labels.text(&clause.label).to_owned(),
            self.labels.text(&clause.title).to_owned(),
            self.labels.of("state", clause.state),
            self.labels.of("coverage", clause.coverage),
            self.titles(clause),
            self.attestations(clause),
            self.waivers(clause),
            clause.not_checkable.as_ref().map_or("", |text| self.labels.text(text)).to_owned(),
            self.remarks(clause),
        ]
    }

    fn evidence(&self, guideline: &GuidelineResult, clause: &ClauseResult) -> Vec<Vec<String>> {
        let row = |measure: &str, title: String, state, policy: Option<&PolicyResult>, remarks, evidence| {
            let at = policy.map_or(clause.evaluated_at, |policy| policy.evaluated_at);
            let counts = policy.map(|policy| policy.counts).unwrap_or_default();
            let mut row = vec![
                self.name(guideline),
                guideline.edition.clone(),
                self.labels.text(&clause.label).to_owned(),
                self.labels.of("confidence", clause.confidence),
                self.labels.text(&clause.title).to_owned(),
                measure.to_owned(),
                title,
                self.labels.of("state", state),
                self.labels.of("coverage", clause.coverage),
                counts.judged().to_string(),
                counts.non_compliant.to_string(),
                policy.map(|policy| self.waivers_of([policy])).unwrap_or_default(),
                date(at),
                self.target_date(state),
                evidence,
                remarks,
            ];
            row.extend(self.origin(at));
            row
        };
        let of_policy = |shown: &ClausePolicy| {
            let found = self.report.policies.get(&shown.id);
            let title = found.map(|found| self.labels.text(&found.title).to_owned()).unwrap_or_default();
            let mut remarks: Vec<&str> =
                shown.why.iter().chain(&shown.differs).map(|why| self.labels.text(why)).collect();
            if found.is_some_and(|found| found.residency) {
                remarks.push(self.labels.get("remark.residency"));
            }
            let sources =
                self.report.sources.iter().map(|source| format!("{} SHA-256:{}", source.file, source.sha256));
            row(
                &shown.id,
                title,
                shown.state,
                found,
                remarks.join("; "),
                sources.collect::<Vec<_>>().join("; "),
            )
        };
        let mut rows: Vec<_> = clause.policies.iter().map(of_policy).collect();
        for entry in &clause.attestations {
            let why: Vec<&str> = entry.why.iter().map(|why| self.labels.text(why)).collect();
            let hash = entry.sha256.as_ref().map(|hash| format!(" SHA-256:{hash}")).unwrap_or_default();
            let evidence = entry.evidence_uri.as_ref().map(|uri| format!("{uri}{hash}")).unwrap_or_default();
            rows.push(row(&entry.id, self.attestation(entry), entry.state, None, why.join("; "), evidence));
        }
        if rows.is_empty() {
            rows.push(row("", String::new(), clause.state, None, self.remarks(clause), String::new()));
        }
        rows
    }

    fn matrix(&self) -> Table {
        let mut rows = Vec::new();
        for (guideline, clause) in self.clauses() {
            for shown in &clause.policies {
                let Some(policy) = self.report.policies.get(&shown.id) else { continue };
                rows.extend(policy.rows.iter().map(|row| self.matrix_row(guideline, clause, policy, row)));
            }
        }
        Table { name: "matrix", columns: self.columns(MATRIX), rows }
    }

    fn matrix_row(
        &self,
        guideline: &GuidelineResult,
        clause: &ClauseResult,
        policy: &PolicyResult,
        row: &Row,
    ) -> Vec<String> {
        let waiver = row.waiver.clone().unwrap_or_default();
        let reasons: Vec<&str> = row.reasons.iter().map(|reason| self.labels.reason(reason)).collect();
        let mut cells = vec![
            self.name(guideline),
            guideline.edition.clone(),
            self.labels.text(&clause.label).to_owned(),
            self.labels.text(&clause.title).to_owned(),
            policy.id.clone(),
            self.labels.text(&policy.title).to_owned(),
            self.labels.of("severity", policy.severity),
            row.account_id.clone().unwrap_or_default(),
            row.region.clone().unwrap_or_default(),
            row.resource_type.clone(),
            row.resource_id.clone(),
            self.finding(row),
            reasons.join("; "),
            waiver.id,
            waiver.expires_on.unwrap_or_default(),
            waiver.owner.unwrap_or_default(),
            waiver.approver.unwrap_or_default(),
            row.captured_at.map(Moment::japan).unwrap_or_default(),
            row.captured_at.map(Moment::utc).unwrap_or_default(),
        ];
        cells.extend(self.origin(policy.evaluated_at));
        cells
    }

    fn finding(&self, row: &Row) -> String {
        match &row.waiver {
            Some(waiver) if waiver.expired && row.finding == Finding::NonCompliant => {
                self.labels.get("finding.EXPIRED").to_owned()
            }
            Some(_) if row.is_waived() => self.labels.get("finding.WAIVED").to_owned(),
            _ => self.labels.of("finding", row.finding),
        }
    }

    fn origin(&self, evaluated_at: Option<Moment>) -> Vec<String> {
        vec![
            evaluated_at.map(Moment::japan).unwrap_or_default(),
            evaluated_at.map(Moment::utc).unwrap_or_default(),
            self.report.created_at.japan(),
            self.report.created_at.utc(),
            self.report.provenance.revision.clone().unwrap_or_default(),
            self.report.provenance.sha256.clone(),
        ]
    }
}
