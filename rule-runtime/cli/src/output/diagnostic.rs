//! A [`Diagnostic`] with a picture of the place, as compilers draw it, on standard error.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Level, Renderer, Snippet};
use sekisho_engine::diagnostic::Diagnostic;

/// Characters of a long line that are shown around the column.
const WINDOW: usize = 120;

/// Prints `problem` as an error.
pub fn error(problem: &Diagnostic) {
    anstream::eprintln!("{}", render(problem, &Renderer::styled().decor_style(DecorStyle::Ascii)));
}

/// Prints each of `problems`.
pub fn errors<'a>(problems: impl IntoIterator<Item = &'a Diagnostic>) {
    problems.into_iter().for_each(error);
}

fn render(problem: &Diagnostic, renderer: &Renderer) -> String {
    let title = match &problem.field {
        Some(field) => format!("{field}: {}", problem.message),
        None => problem.message.clone(),
    };
    let column = problem.column.unwrap_or(1);
    let source = problem.source_line.as_deref().map(|line| window(line, column));
    let mut elements: Vec<Element<'_>> = Vec::new();
    let place = place(problem);
    match (&source, problem.line) {
        (Some((text, at)), Some(line)) => {
            let end = at + text[*at..].chars().next().map_or(0, char::len_utf8);
            elements.push(
                Snippet::source(text.as_str())
                    .line_start(line)
                    .path(place.as_str())
                    .annotation(AnnotationKind::Primary.span(*at..end))
                    .into(),
            );
        }
        _ => elements.push(annotate_snippets::Origin::path(place.as_str()).into()),
    }
    if let Some(help) = &problem.help {
        elements.push(Level::HELP.message(help.as_str()).into());
    }
    let level = match problem.code {
        Some(code) => Level::ERROR.primary_title(title.as_str()).id(code),
        None => Level::ERROR.primary_title(title.as_str()),
    };
    let report = &[level.elements(elements)];
    renderer.render(report)
}

/// The renderer counts columns within the text that it is shown, which may be a window: the true place of a
/// windowed line and of one without text is written out.
fn place(problem: &Diagnostic) -> String {
    match (problem.source_line.as_deref(), problem.line, problem.column) {
        (Some(line), _, _) if line.chars().count() <= WINDOW => problem.file.clone(),
        (_, Some(line), Some(column)) => format!("{}:{line}:{column}", problem.file),
        (_, Some(line), None) => format!("{}:{line}", problem.file),
        _ => problem.file.clone(),
    }
}

/// The part of `line` around `column` (from 1, in characters), and the byte at which the column stands in it.
fn window(line: &str, column: usize) -> (String, usize) {
    let characters: Vec<char> = line.trim_end().chars().collect();
    let at = column.saturating_sub(1).min(characters.len());
    let start = if characters.len() <= WINDOW { 0 } else { at.saturating_sub(WINDOW / 2) };
    let end = characters.len().min(start + WINDOW);
    let shown: String = characters[start..end].iter().collect();
    let before: usize = characters[start..at.clamp(start, end)].iter().map(|c| c.len_utf8()).sum();
    (shown, before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_place_line_and_help() {
        let problem =
            Diagnostic::new("a.json", "is not valid JSON").at(2, 3).source("{\n  あ\n").help("mend it");
        let text = render(&problem, &Renderer::plain().decor_style(DecorStyle::Ascii));
        assert!(text.contains("--> a.json:2:3"), "{text}");
        assert!(text.contains("2 |   あ"), "{text}");
        assert!(text.contains("help: mend it"), "{text}");
    }

    #[test]
    fn a_long_line_is_shown_around_the_column_with_its_true_place() {
        let line = format!("{}!{}", "x".repeat(500), "y".repeat(500));
        let problem = Diagnostic::new("a.json", "bad").at(1, 501).source(&line);
        let text = render(&problem, &Renderer::plain().decor_style(DecorStyle::Ascii));
        assert!(text.contains("a.json:1:501") && text.contains("x!y"), "{text}");
        assert!(text.lines().all(|line| line.len() < 160), "{text}");
    }

    #[test]
    fn a_problem_without_a_place_names_its_file() {
        let problem = Diagnostic::new("roster.csv", "is empty");
        let text = render(&problem, &Renderer::plain().decor_style(DecorStyle::Ascii));
        assert!(text.contains("error: is empty") && text.contains("--> roster.csv"), "{text}");
    }
}
