//! `sekisho docs`: the project's own pages are fresh, and a stale one is told of.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use sekisho_tests::{root, sekisho, sekisho_in};

#[test]
fn the_projects_pages_are_fresh() {
    let output = sekisho(&["docs", "--check"]);
    assert_eq!(output.code, 0, "run sekisho docs:\n{}", output.stdout);
    let source = root().join("docs/book/src");
    let summary = fs::read_to_string(source.join("SUMMARY.md")).unwrap();
    let links: Vec<&str> = summary.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    assert!(links.len() > 120, "a page a policy and language");
    for link in links {
        let page = fs::read_to_string(source.join(link)).unwrap_or_else(|error| panic!("{link}: {error}"));
        for include in page.split("{{#include ").skip(1) {
            let file = include.split("}}").next().unwrap();
            assert!(source.join(file).is_file(), "{link} includes {file}");
        }
    }
}

fn made(folder: &Path) {
    let made = sekisho_in(folder, &["new", "policy", "queue-has-owner", "--type", "AWS::SQS::Queue"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert_eq!(sekisho_in(folder, &["docs", "--output", "book"]).code, 0);
}

#[test]
fn a_page_says_what_fails_and_what_passes_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path());
    let read = |name: &str| fs::read_to_string(folder.path().join("book/src").join(name)).unwrap();
    let english = read("en/queue-has-owner.md");
    for part in [
        "## An example that fails",
        "- the tag Owner is missing",
        "## An example that passes",
        "## What to set",
        "| Severity | low |",
    ] {
        assert!(english.contains(part), "{part}: {english}");
    }
    let japanese = read("ja/queue-has-owner.md");
    for part in ["## 非準拠の例", "- Ownerタグがありません", "## 準拠の例", "## 是正方法", "| 重要度 | 低 |"]
    {
        assert!(japanese.contains(part), "{part}: {japanese}");
    }
    assert!(read("SUMMARY.md").contains("(ja/queue-has-owner.md)"));
}

#[test]
fn a_stale_page_is_told_of_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path());
    let check = || {
        let output = sekisho_in(folder.path(), &["docs", "--output", "book", "--check"]);
        (output.code, output.stdout)
    };
    assert_eq!(check(), (0, String::new()));
    let policy = folder.path().join("policies/queue-has-owner.rego");
    let text = fs::read_to_string(&policy).unwrap();
    fs::write(&policy, text.replace("severity: low", "severity: high")).unwrap();
    fs::write(folder.path().join("book/src/en/gone.md"), "# gone\n").unwrap();
    let (code, stale) = check();
    assert_eq!(code, 1);
    let stale: Vec<&str> = stale.lines().collect();
    assert!(
        stale.contains(&"book/src/en/queue-has-owner.md") && stale.contains(&"book/src/en/gone.md"),
        "{stale:?}"
    );
    assert_eq!(sekisho_in(folder.path(), &["docs", "--output", "book"]).code, 0);
    assert_eq!(check(), (0, String::new()));
}
