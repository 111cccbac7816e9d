//! Fixes of diagnostics, written into the files.
//!
//! In: diagnostics with a [`Fix`]. Out: each file with its fixes in place, whole or not at all. A place where something else
//! stands than the diagnostic says is left alone and named.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sekisho_engine::diagnostic::{Diagnostic, Fix};

use crate::whole_file;

/// What was done.
#[derive(Debug, Default)]
pub struct Applied {
    /// How many places were mended.
    pub fixes: usize,
    /// Files that could not be read or written, and places that are not as they were.
    pub problems: Vec<Diagnostic>,
}

/// Mends what `problems` know how to.
pub fn apply(problems: &[Diagnostic]) -> Applied {
    let mut by_file: BTreeMap<&str, Vec<&Fix>> = BTreeMap::new();
    for problem in problems {
        if let Some(fix) = &problem.fix {
            by_file.entry(&problem.file).or_default().push(fix);
        }
    }
    let mut applied = Applied::default();
    for (file, mut fixes) in by_file {
        // From the end, so that places before stay where they are.
        fixes.sort_by_key(|fix| std::cmp::Reverse((fix.line, fix.column)));
        fixes.dedup();
        match mend(file, &fixes) {
            Ok((done, left)) => {
                applied.fixes += done;
                applied.problems.extend(left);
            }
            Err(problem) => applied.problems.push(problem),
        }
    }
    applied
}

fn mend(file: &str, fixes: &[&Fix]) -> Result<(usize, Vec<Diagnostic>), Diagnostic> {
    let bad = |error: std::io::Error| Diagnostic::new(file, format!("cannot be mended: {error}"));
    let text = fs::read_to_string(file).map_err(bad)?;
    let mut lines: Vec<String> = text.split_inclusive('\n').map(ToOwned::to_owned).collect();
    let (mut done, mut left) = (0, Vec::new());
    for fix in fixes {
        let replaced = lines.get(fix.line - 1).and_then(|line| replace(line, fix));
        if let Some(line) = replaced {
            lines[fix.line - 1] = line;
            done += 1;
        } else {
            let message = format!("\"{}\" does not stand there any more", fix.from);
            left.push(Diagnostic::new(file, message).at(fix.line, fix.column).help("check again"));
        }
    }
    if done > 0 {
        let path = Path::new(file);
        whole_file::replace(path, &lines.concat()).map_err(bad)?;
    }
    Ok((done, left))
}

/// The line with the fix in it; the place may be the quote before the text.
fn replace(line: &str, fix: &Fix) -> Option<String> {
    let start: usize = line.chars().take(fix.column - 1).map(char::len_utf8).sum();
    let rest = line.get(start..)?;
    let quote = rest.chars().next().filter(|first| matches!(first, '"' | '`')).map_or(0, char::len_utf8);
    let after = rest[quote..].strip_prefix(fix.from.as_str())?;
    Some(format!("{}{}{after}", &line[..start + quote], fix.to))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn fix(column: usize, from: &str, to: &str) -> Fix {
        Fix { line: 1, column, from: from.to_owned(), to: to.to_owned() }
    }

    #[test]
    fn what_stands_there_is_replaced_and_nothing_else() {
        assert_eq!(replace("あ \"ab\"\n", &fix(3, "ab", "abc")).as_deref(), Some("あ \"abc\"\n"));
        assert_eq!(replace("x.ab.c", &fix(3, "ab", "abc")).as_deref(), Some("x.abc.c"));
        assert_eq!(replace("x.zz.c", &fix(3, "ab", "abc")), None);
        assert_eq!(replace("x", &fix(9, "ab", "abc")), None);
    }

    #[test]
    fn fixes_of_one_line_do_not_move_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.rego");
        fs::write(&path, "aa bb aa\n").unwrap();
        let file = path.display().to_string();
        let problem = |column| Diagnostic::new(&file, "x").fix(fix(column, "aa", "longer"));
        let applied = apply(&[problem(1), problem(7), problem(7), problem(4)]);
        assert_eq!((applied.fixes, applied.problems.len()), (2, 1));
        assert_eq!(fs::read_to_string(&path).unwrap(), "longer bb longer\n");
    }
}
