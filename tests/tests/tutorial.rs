//! `docs/tutorial.md` is what happens: its commands are run in an empty folder, and print what stands there.
//!
//! With `SEKISHO_UPDATE_TUTORIAL=1` the outputs are written into the file; read the difference before you keep it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use sekisho_tests::{binary, root};

const TUTORIAL: &str = "docs/tutorial.md";

/// A part of the page.
enum Part {
    /// Words, and blocks that are neither run nor written.
    Text(String),
    /// A file to write, with the lines around it.
    File { name: String, block: String, text: String },
    /// Commands with their output.
    Console(Vec<(String, String)>),
}

/// The page in parts. A block of code is a file where the line before it is its name, "`name`:".
fn parts(page: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut words = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            words += &format!("{line}\n");
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let text: String = block.iter().map(|line| format!("{line}\n")).collect();
        let whole = format!("```{language}\n{text}```\n");
        let before = words.trim_end().lines().last().unwrap_or_default();
        let name = before.strip_prefix('`').and_then(|rest| rest.strip_suffix("`:")).map(ToOwned::to_owned);
        if language != "console" && name.is_none() {
            assert_eq!(language, "sh", "a block that is neither run nor written: {text}");
            words += &whole;
            continue;
        }
        parts.push(Part::Text(std::mem::take(&mut words)));
        parts.push(match name {
            Some(name) => Part::File { name, block: whole, text },
            None => Part::Console(commands(&block)),
        });
    }
    parts.push(Part::Text(words));
    parts
}

fn commands(block: &[&str]) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    for line in block {
        if let Some(command) = line.strip_prefix("$ ") {
            commands.push((command.to_owned(), String::new()));
        } else {
            let (_, output) = commands.last_mut().expect("a block begins with a command");
            *output += &format!("{line}\n");
        }
    }
    commands
}

/// What the command prints, as on a terminal both streams together, and its exit code.
fn run(command: &str, folder: &Path, last: i32) -> (String, i32) {
    let programs = binary("sekisho").parent().unwrap().to_owned();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["--norc", "-c", &format!("exec 2>&1; (exit {last}); {command}")])
        .current_dir(folder)
        .env("PATH", path)
        .env("SEKISHO_CACHE", folder.with_extension("cache"))
        .env_remove("SEKISHO_POLICIES")
        .env_remove("SEKISHO_SCHEMA")
        .env_remove("RUST_BACKTRACE")
        .env_remove("COLUMNS")
        .output()
        .unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

/// The time that a run took is the one thing that differs from run to run.
fn without_time(text: &str) -> String {
    let is_time = |word: &str| {
        let number = word.strip_suffix(" s)").unwrap_or_default();
        number.contains('.') && number.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    let line = |line: &str| match line.rsplit_once(", ") {
        Some((rest, time)) if is_time(time) => format!("{rest}, … s)"),
        _ => line.to_owned(),
    };
    text.lines().map(|text| line(text) + "\n").collect()
}

#[test]
fn the_tutorial_is_what_happens() {
    let path = root().join(TUTORIAL);
    let page = fs::read_to_string(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let (mut now, mut ran, mut last) = (String::new(), 0, 0);
    for part in parts(&page) {
        match part {
            Part::Text(text) => now += &text,
            Part::File { name, block, text } => {
                let file = folder.path().join(name);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
                now += &block;
            }
            Part::Console(commands) => {
                now += "```console\n";
                for (command, before) in commands {
                    let (printed, code) = run(&command, folder.path(), last);
                    last = code;
                    ran += 1;
                    // What differs by its time only stays as it is.
                    let same = without_time(&printed) == without_time(&before);
                    now += &format!("$ {command}\n{}", if same { before } else { printed });
                }
                now += "```\n";
            }
        }
    }
    assert!(ran >= 15, "{ran}");
    assert!(began.elapsed() < Duration::from_mins(5));
    if std::env::var_os("SEKISHO_UPDATE_TUTORIAL").is_some() {
        fs::write(&path, &now).unwrap();
        return;
    }
    let different = page.lines().zip(now.lines()).find(|(before, now)| before != now);
    assert!(
        page == now,
        "set SEKISHO_UPDATE_TUTORIAL=1 to write what is printed now; first difference: {different:#?}"
    );
}

/// The tutorial says so; another type has to be found when the pack has grown.
#[test]
fn the_pack_does_not_cover_the_type_of_the_tutorial() {
    let page = fs::read_to_string(root().join(TUTORIAL)).unwrap();
    let (_, rest) = page.split_once("--type ").unwrap();
    let resource_type = rest.lines().next().unwrap();
    for entry in fs::read_dir(root().join("policies/medical-jp")).unwrap() {
        let path = entry.unwrap().path();
        assert!(!fs::read_to_string(&path).unwrap().contains(resource_type), "{}", path.display());
    }
}

/// Who reads the book alone finds the tutorial, and all that it leads to.
#[test]
fn a_new_user_finds_it() {
    let read = |page: &str| fs::read_to_string(root().join(page)).unwrap();
    assert!(read("README.md").contains("](docs/tutorial.md)"));
    for page in ["SUMMARY.md", "README.md"] {
        assert!(read(&format!("docs/book/src/{page}")).contains("](tutorial.md)"), "{page}");
    }
    for page in [TUTORIAL, "docs/authors.md"] {
        let text = read(page);
        for link in text.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap()) {
            let is_there = link.starts_with("https://") || root().join("docs/book/src").join(link).is_file();
            assert!(is_there, "{page} leads to {link}");
        }
    }
}
