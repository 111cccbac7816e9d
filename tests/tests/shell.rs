//! `sekisho completions` in a real bash, and `sekisho man`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use sekisho_tests::{binary, help, output, sekisho, sekisho_in};

/// Every subcommand, nested ones too.
fn subcommands() -> Vec<Vec<String>> {
    help::commands().into_iter().filter(|path| !path.is_empty()).collect()
}

/// What a real bash offers for the last of `words`.
fn offered(script: &Path, words: &[&str]) -> BTreeSet<String> {
    let mut command = Command::new("bash");
    let ask = r#"
        set -eu
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        previous=
        if [ $COMP_CWORD -gt 0 ]; then previous=${COMP_WORDS[COMP_CWORD - 1]}; fi
        # The function that bash itself would call.
        function=$(complete -p sekisho | sed 's/.*-F \([^ ]*\) .*/\1/')
        "$function" sekisho "${COMP_WORDS[COMP_CWORD]}" "$previous" || true
        printf '%s\n' "${COMPREPLY[@]}""#;
    command.args(["--norc", "-c", ask, "bash"]).arg(script).args(words);
    let answer = output(command);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    answer.stdout.lines().map(ToOwned::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("sekisho.bash");
    let written = sekisho(&["completions", "bash"]);
    assert_eq!(written.code, 0);
    fs::write(&script, &written.stdout).unwrap();
    let mut syntax = Command::new("bash");
    syntax.arg("-n").arg(&script);
    assert_eq!(output(syntax).code, 0);
    let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<String>>();
    for (words, expected) in [
        (&["sekisho", "sch"][..], set(&["schema"])),
        (&["sekisho", "re"], set(&["record", "replay", "report"])),
        (&["sekisho", "schema", "u"], set(&["update"])),
        (&["sekisho", "new", "po"], set(&["policy"])),
        (&["sekisho", "schema", "print", "w"], set(&["waivers"])),
        (&["sekisho", "check", "--form"], set(&["--format"])),
        (&["sekisho", "check", "--format", ""], set(&["text", "json", "sarif", "github"])),
        (&["sekisho", "test", "--format", "j"], set(&["json", "junit"])),
        (&["sekisho", "completions", "f"], set(&["fish"])),
        (&["sekisho", "xyz"], set(&[""])),
    ] {
        assert_eq!(offered(&script, words), expected, "{words:?}");
    }
    let top: BTreeSet<String> =
        subcommands().into_iter().filter(|path| path.len() == 1).map(|mut path| path.remove(0)).collect();
    let first = offered(&script, &["sekisho", ""]);
    assert!(top.is_subset(&first), "{:?}", top.difference(&first));
}

/// zsh and fish are seldom there where the tests run: their scripts are held to naming every command.
#[test]
fn zsh_and_fish_know_every_command() {
    let zsh = sekisho(&["completions", "zsh"]).stdout;
    assert!(zsh.starts_with("#compdef sekisho"), "{}", zsh.lines().next().unwrap());
    let fish = sekisho(&["completions", "fish"]).stdout;
    for path in subcommands() {
        let name = path.last().unwrap();
        assert!(zsh.contains(&format!("'{name}:")), "zsh: {path:?}");
        assert!(fish.contains(&format!("-a \"{name}\"")), "fish: {path:?}");
    }
    assert_eq!(sekisho(&["completions", "tcsh"]).code, 2);
}

#[test]
fn every_command_has_its_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let written = sekisho_in(folder.path(), &["man", "--output", "man/man1"]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    let there: BTreeSet<String> = fs::read_dir(folder.path().join("man/man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let listed: BTreeSet<String> =
        written.stdout.lines().map(|line| line.strip_prefix("man/man1/").unwrap().to_owned()).collect();
    assert_eq!(there, listed);
    let mut expected: BTreeSet<String> =
        subcommands().iter().map(|path| format!("sekisho-{}.1", path.join("-"))).collect();
    expected.insert("sekisho.1".to_owned());
    let missing: Vec<_> = expected.difference(&there).collect();
    assert!(missing.is_empty(), "{missing:?} in {there:?}");
    for page in expected {
        let text = fs::read_to_string(folder.path().join("man/man1").join(&page)).unwrap();
        assert!(text.contains(".TH ") && text.contains(".SH SYNOPSIS"), "{page}");
        assert!(text.contains("Examples:"), "{page}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let output = sekisho_in(folder.path(), &["man", "--output", "file"]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""));
    assert!(
        output.stderr.contains("cannot be written") && output.stderr.contains("--> file"),
        "{}",
        output.stderr
    );
}

/// Half a script is told of and is no panic.
#[test]
fn completions_into_a_full_disk_are_an_error() {
    let mut command = Command::new(binary("sekisho"));
    command.args(["completions", "bash"]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux's full disk");
    let child = command.stdout(full).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let ended = child.wait_with_output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{told}");
    assert!(told.contains("cannot be written") && told.contains("--> standard output"), "{told}");
}
