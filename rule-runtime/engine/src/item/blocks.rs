//! JSON sixty-four bytes at a time: where its marks are, a bit a byte, the first the lowest.
//!
//! One byte after the other is waited for; of many at once a processor sees in a few steps where texts begin and end and what
//! stands between them, and only the marks between texts are gone through in turn.

use wide::u8x16;

/// So many bytes are looked at together.
pub(super) type Block = [u8; 64];

/// The bytes for which `is` has all bits set.
#[inline]
pub(super) fn find(block: &Block, is: impl Fn(u8x16) -> u8x16) -> u64 {
    let chunks = block.as_chunks::<16>().0.iter().rev();
    chunks.fold(0, |bits, chunk| bits << 16 | u64::from(is(u8x16::new(*chunk)).to_bitmask()))
}

/// The bytes that are `byte`.
#[inline]
pub(super) fn find_byte(block: &Block, byte: u8) -> u64 {
    find(block, |chunk| chunk.simd_eq(u8x16::splat(byte)))
}

/// The control characters of ASCII but the last.
#[inline]
pub(super) fn is_control(chunk: u8x16) -> u8x16 {
    chunk.min(u8x16::splat(0x1f)).simd_eq(chunk)
}

/// The brackets that open, `{` and `[`, and those that close: the two kinds differ in one bit.
#[inline]
pub(super) fn is_open(chunk: u8x16) -> u8x16 {
    (chunk | u8x16::splat(b'{' ^ b'[')).simd_eq(u8x16::splat(b'{'))
}

#[inline]
pub(super) fn is_close(chunk: u8x16) -> u8x16 {
    (chunk | u8x16::splat(b'{' ^ b'[')).simd_eq(u8x16::splat(b'}'))
}

/// Where the texts of a block are.
pub(super) struct Texts {
    pub backslashes: u64,
    /// The bytes behind a backslash that is not behind one itself.
    pub escaped: u64,
    /// The quotes around texts.
    pub quotes: u64,
    /// From each quote that begins a text to before the one that ends it.
    pub inside: u64,
}

impl Texts {
    /// `in_text`: whether the block begins in one.
    #[inline]
    pub fn of(block: &Block, in_text: bool) -> Self {
        let backslashes = find_byte(block, b'\\');
        let escaped = escaped(backslashes);
        let quotes = find_byte(block, b'"') & !escaped;
        let inside = inside(quotes) ^ if in_text { u64::MAX } else { 0 };
        Self { backslashes, escaped, quotes, inside }
    }

    /// Whether the next block begins in a text.
    #[inline]
    pub const fn go_on(&self) -> bool {
        has_last(self.inside)
    }

    /// How far the next block is: what a backslash at the end escapes is in that one, and so is the backslash then.
    #[inline]
    pub fn length(&self) -> usize {
        size_of::<Block>() - usize::from(has_last(self.backslashes & !self.escaped))
    }
}

/// Whether that is so of the last byte.
#[inline]
pub(super) const fn has_last(bits: u64) -> bool {
    bits >> (u64::BITS - 1) == 1
}

/// What stands behind a backslash that is not behind one itself.
#[inline]
const fn escaped(backslashes: u64) -> u64 {
    // Of each row of backslashes, the bytes at an odd distance behind its first: subtracting the row from what is behind its
    // bytes and from all odd places runs along it, and comes out at its end as even and odd rows do.
    const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
    let rows = ((backslashes << 1) | ODD).wrapping_sub(backslashes) ^ ODD;
    rows ^ backslashes
}

/// From each bit that is set to before the next, in turn.
#[inline]
const fn inside(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^= bits << 32;
    bits
}
