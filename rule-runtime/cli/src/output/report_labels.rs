//! The words of a report in the language that was asked for.
//!
//! In: `assets/report-labels.json`, each word in Japanese and English. Out: [`Labels`], for the tables and for the page.

use std::collections::BTreeMap;

use clap::ValueEnum;
use sekisho_engine::guideline::Bilingual;
use sekisho_engine::verdict::Reason;
use serde::Serialize;

const WORDS: &str = include_str!("../../assets/report-labels.json");

/// The language of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportLanguage {
    /// Japanese
    Ja,
    /// English
    En,
}

/// The words by their names.
#[derive(Debug, Serialize)]
pub struct Labels {
    /// `ja` or `en`.
    pub lang: &'static str,
    words: BTreeMap<String, String>,
}

impl Labels {
    /// Those of `language`.
    pub fn new(language: ReportLanguage) -> Self {
        // A test reads the file; were it broken, the names would stand in for the words.
        let all: BTreeMap<String, (String, String)> = serde_json::from_str(WORDS).unwrap_or_default();
        let lang = match language {
            ReportLanguage::Ja => "ja",
            ReportLanguage::En => "en",
        };
        let words = all.into_iter().map(|(name, (ja, en))| (name, if lang == "ja" { ja } else { en }));
        Self { lang, words: words.collect() }
    }

    /// The word called `name`.
    pub fn get<'a>(&'a self, name: &'a str) -> &'a str {
        self.words.get(name).map_or(name, String::as_str)
    }

    /// The word of a value that serialises to its name: `state` and `State::Yes` are `state.yes`.
    pub fn of(&self, kind: &str, value: impl Serialize) -> String {
        let name = serde_json::to_value(value).unwrap_or_default();
        self.get(&format!("{kind}.{}", name.as_str().unwrap_or_default())).to_owned()
    }

    /// Whether it is Japanese.
    pub fn is_japanese(&self) -> bool {
        self.lang == "ja"
    }

    /// `text` in this language.
    pub fn text<'a>(&self, text: &'a Bilingual) -> &'a str {
        if self.is_japanese() { &text.ja } else { &text.en }
    }

    /// `reason` in this language, or as the policy has it.
    pub fn reason<'a>(&self, reason: &'a Reason) -> &'a str {
        reason.msg_ja.as_deref().filter(|_| self.is_japanese()).unwrap_or(&reason.msg)
    }

    /// Between parts of a list.
    pub fn comma(&self) -> &'static str {
        if self.is_japanese() { "、" } else { ", " }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::report::State;

    #[test]
    fn every_word_is_there_in_both_languages_and_none_claims_conformance() {
        let all: BTreeMap<String, (String, String)> = serde_json::from_str(WORDS).unwrap();
        for (name, (ja, en)) in all {
            assert!(!ja.is_empty() && !en.is_empty(), "{name}");
            assert!(!ja.contains("準拠"), "{name}: {ja}");
        }
        assert_eq!(Labels::new(ReportLanguage::Ja).of("state", State::NotApplicable), "対象外");
        assert_eq!(Labels::new(ReportLanguage::En).of("state", State::Yes), "yes");
    }
}
