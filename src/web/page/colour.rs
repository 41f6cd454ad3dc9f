//! A colour that can be written into a stylesheet, and the arithmetic of whether one can be read on another.

use std::fmt;
use std::str::FromStr;

/// An opaque sRGB colour. Only this type reaches the stylesheet, so nothing else can be smuggled into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// The text is not a colour; nothing is guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a colour is written #rgb or #rrggbb")]
pub struct NotAColour;

impl Colour {
    /// The lightest.
    pub const WHITE: Self = Self::rgb(0xff, 0xff, 0xff);
    /// The darkest.
    pub const BLACK: Self = Self::rgb(0, 0, 0);

    /// From its three channels.
    #[must_use]
    pub const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// WCAG 2.2, "relative luminance": 0 for black, 1 for white.
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// WCAG 2.2, "contrast ratio": from 1, the same, to 21, black and white.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (mine, theirs) = (self.luminance(), other.luminance());
        (mine.max(theirs) + 0.05) / (mine.min(theirs) + 0.05)
    }

    /// White or black, whichever reads better on this. One of the two always has a contrast of at least 4.58.
    #[must_use]
    pub fn ink(self) -> Self {
        if self.contrast(Self::WHITE) >= 4.5 { Self::WHITE } else { Self::BLACK }
    }

    /// This colour with `percent` of another mixed in.
    #[must_use]
    pub fn mixed(self, percent: u8, other: Self) -> Self {
        let share = u16::from(percent.min(100));
        let mix = |mine: u8, theirs: u8| {
            let sum = u16::from(mine) * (100 - share) + u16::from(theirs) * share;
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        Self::rgb(mix(self.red, other.red), mix(self.green, other.green), mix(self.blue, other.blue))
    }

    /// The nearest shade of this colour that has the wanted contrast with a background; the background's own ink when no
    /// shade has it.
    #[must_use]
    pub fn readable_on(self, background: Self, contrast: f64) -> Self {
        let ink = background.ink();
        (0..=100)
            .map(|percent| self.mixed(percent, ink))
            .find(|shade| shade.contrast(background) >= contrast)
            .unwrap_or(ink)
    }
}

impl FromStr for Colour {
    type Err = NotAColour;

    fn from_str(text: &str) -> Result<Self, NotAColour> {
        let digits = text.strip_prefix('#').ok_or(NotAColour)?;
        // `from_str_radix` would take a sign.
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NotAColour);
        }
        let value = u32::from_str_radix(digits, 16).map_err(|_| NotAColour)?;
        let [_, high, middle, low] = value.to_be_bytes();
        match digits.len() {
            6 => Ok(Self::rgb(high, middle, low)),
            3 => Ok(Self::rgb(middle * 17, (low >> 4) * 17, (low & 15) * 17)),
            _ => Err(NotAColour),
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_are_read() {
        assert_eq!("#1af".parse(), Ok(Colour::rgb(0x11, 0xaa, 0xff)));
        assert_eq!("#12AbfF".parse(), Ok(Colour::rgb(0x12, 0xab, 0xff)));
        assert_eq!(Colour::rgb(1, 2, 255).to_string(), "#0102ff");
    }

    #[test]
    fn nothing_else_is_a_colour() {
        let not =
            ["", "#", "red", "123456", "#12", "#1234", "#12345", "#1234567", "#+12", "#ggg", "#12 ", "#ééé"];
        for text in not.into_iter().chain(["#fff;}body{display:none", "url(//evil.example)", "#fffffffffff"])
        {
            assert_eq!(text.parse::<Colour>(), Err(NotAColour), "{text}");
        }
    }

    #[test]
    fn contrast_is_what_the_guidelines_say() {
        assert!((Colour::BLACK.contrast(Colour::WHITE) - 21.0).abs() < 1e-9);
        // The well-known lightest grey that passes on white.
        assert!(Colour::rgb(0x76, 0x76, 0x76).contrast(Colour::WHITE) >= 4.5);
        assert!(Colour::rgb(0x77, 0x77, 0x77).contrast(Colour::WHITE) < 4.5);
    }

    #[test]
    fn every_colour_gets_an_ink_that_can_be_read() {
        for red in (0..=255).step_by(15) {
            for green in (0..=255).step_by(15) {
                for blue in (0..=255).step_by(15) {
                    let colour = Colour::rgb(red, green, blue);
                    assert!(colour.contrast(colour.ink()) >= 4.5, "{colour}");
                    assert!(
                        Colour::rgb(90, 90, 90).readable_on(colour, 4.5).contrast(colour) >= 4.5,
                        "{colour}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_readable_colour_is_left_alone() {
        let navy = Colour::rgb(0, 0, 0x80);
        assert_eq!(navy.readable_on(Colour::WHITE, 4.5), navy);
    }
}
