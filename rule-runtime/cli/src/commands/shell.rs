//! `sekisho completions` and `sekisho man`: what shells and `man` know of the command.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use sekisho_engine::diagnostic::Diagnostic;

use crate::{Arguments, Exit, output};

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho completions bash > ~/.local/share/bash-completion/completions/sekisho\n  \
    sekisho completions zsh > ~/.zfunc/_sekisho\n  \
    sekisho completions fish > ~/.config/fish/completions/sekisho.fish")]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Write the manual pages
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho man --output ~/.local/share/man/man1\n  \
    sekisho man --output target/man && man -l target/man/sekisho-test.1")]
pub struct ManArguments {
    /// Folder of the pages; it is made where it is not there
    #[arg(long, value_name = "PATH")]
    output: PathBuf,
}

/// Prints completions.
pub fn completions(arguments: &CompletionsArguments) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "sekisho", &mut text);
    match std::io::stdout().write_all(&text) {
        Ok(()) => Exit::Success,
        Err(error) => {
            output::diagnostic::error(&Diagnostic::new(
                "standard output",
                format!("cannot be written: {error}"),
            ));
            Exit::Error
        }
    }
}

/// Writes a page a command.
pub fn man(arguments: &ManArguments) -> Exit {
    match pages(&arguments.output) {
        Ok(pages) => {
            pages.iter().for_each(|page| anstream::println!("{}", page.display()));
            Exit::Success
        }
        Err(error) => {
            let file = arguments.output.display().to_string();
            let problem = Diagnostic::new(file, format!("cannot be written: {error}"));
            output::diagnostic::error(&problem.help("name another folder with --output"));
            Exit::Error
        }
    }
}

/// Made aside and moved, so that no page is half there.
fn pages(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    let aside = tempfile::tempdir_in(folder)?;
    clap_mangen::generate_to(Arguments::command(), aside.path())?;
    let mut names: Vec<_> =
        fs::read_dir(aside.path())?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?;
    names.sort();
    let moved = names.into_iter().map(|name| {
        let page = folder.join(&name);
        fs::rename(aside.path().join(&name), &page)?;
        Ok(page)
    });
    moved.collect()
}
