//! The bytes of a roster as text, with [`UNREADABLE`] in place of a byte that is none.

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

use super::RosterError;

/// What stands for a byte, or a value, that cannot be read as text.
pub const UNREADABLE: char = '\u{fffd}';

/// How a roster is encoded, as the parameter `rosterEncoding` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RosterEncoding {
    /// By byte order mark, else UTF-8 where it is valid, else CP932.
    #[default]
    Auto,
    /// UTF-8, with or without byte order mark.
    Utf8,
    /// Windows-31J, what Japanese Windows calls `Shift_JIS`.
    Cp932,
    /// UTF-16 with byte order mark.
    Utf16,
}

impl RosterEncoding {
    /// By the parameter's text.
    pub fn named(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "auto" | "" => Some(Self::Auto),
            "utf-8" | "utf8" | "utf-8-bom" => Some(Self::Utf8),
            "cp932" | "shift_jis" | "shift-jis" | "sjis" | "windows-31j" => Some(Self::Cp932),
            "utf-16" | "utf16" => Some(Self::Utf16),
            _ => None,
        }
    }

    /// As the parameter has it.
    const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Utf8 => "utf-8",
            Self::Cp932 => "cp932",
            Self::Utf16 => "utf-16",
        }
    }
}

/// A roster's text and the name of its encoding.
pub struct Decoded {
    /// The text; a byte that could not be read is [`UNREADABLE`].
    pub text: String,
    /// `UTF-8`, `CP932`, `UTF-16LE`, `UTF-16BE`.
    pub encoding: &'static str,
}

/// Decodes `bytes`.
///
/// # Errors
/// They are not in the encoding that was asked for.
pub fn decode(bytes: &[u8], wanted: RosterEncoding) -> Result<Decoded, RosterError> {
    let marked = Encoding::for_bom(bytes);
    let (encoding, skip): (&'static Encoding, usize) = match (wanted, marked) {
        (RosterEncoding::Auto, Some((encoding, mark))) => (encoding, mark),
        (RosterEncoding::Auto, None) if std::str::from_utf8(bytes).is_ok() => (UTF_8, 0),
        (RosterEncoding::Auto | RosterEncoding::Cp932, None) => (SHIFT_JIS, 0),
        (RosterEncoding::Utf8, None) => (UTF_8, 0),
        (RosterEncoding::Utf8, Some((encoding, mark))) if encoding == UTF_8 => (UTF_8, mark),
        (RosterEncoding::Utf16, Some((encoding, mark))) if encoding == UTF_16LE || encoding == UTF_16BE => {
            (encoding, mark)
        }
        (wanted, _) => {
            let name = wanted.name();
            return Err(RosterError::whole(
                format!(
                    "the roster is not in {name} with the right byte order mark; set rosterEncoding to auto"
                ),
                format!("名簿の文字コードが rosterEncoding の {name} と異なります。auto を指定してください"),
            ));
        }
    };
    let (text, _) = encoding.decode_without_bom_handling(&bytes[skip..]);
    let name = if encoding == SHIFT_JIS { "CP932" } else { encoding.name() };
    Ok(Decoded { text: text.into_owned(), encoding: name })
}
