//! All colours of the pages, derived from the organisation's few so that everything on everything can be read
//! (WCAG 2.2 AA: 4.5 for text, 3 for the edges of what can be pressed or filled in).

use crate::web::page::branding::Branding;
use crate::web::page::colour::Colour;

const TEXT: f64 = 4.5;
const EDGE: f64 = 3.0;

/// The colours of one scheme.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    pub(super) background: Colour,
    pub(super) on_background: Colour,
    pub(super) surface: Colour,
    pub(super) ink: Colour,
    pub(super) muted: Colour,
    pub(super) line: Colour,
    pub(super) field: Colour,
    pub(super) field_line: Colour,
    pub(super) accent: Colour,
    pub(super) accent_hover: Colour,
    pub(super) accent_line: Colour,
    pub(super) on_accent: Colour,
    pub(super) link: Colour,
    pub(super) problem: Tint,
    pub(super) caution: Tint,
    pub(super) info: Tint,
}

/// The colours of one kind of notice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tint {
    pub(super) fill: Colour,
    pub(super) line: Colour,
    pub(super) ink: Colour,
}

/// What the two schemes start from.
struct Base {
    surface: Colour,
    ink: Colour,
    muted: Colour,
    line: Colour,
    field: Colour,
    field_line: Colour,
    accent: Colour,
    background: Colour,
    problem: Colour,
    caution: Colour,
    /// How much of a notice's colour is in its background.
    tint: u8,
}

impl Palette {
    #[must_use]
    pub(super) fn light(branding: &Branding) -> Self {
        let neutral = Colour::rgb(0xf4, 0xf5, 0xf7);
        Self::from_base(&Base {
            surface: Colour::WHITE,
            ink: Colour::rgb(0x15, 0x18, 0x20),
            muted: Colour::rgb(0x5a, 0x62, 0x70),
            line: Colour::rgb(0xe2, 0xe5, 0xea),
            field: Colour::rgb(0xfa, 0xfb, 0xfc),
            field_line: Colour::rgb(0x8a, 0x92, 0xa0),
            accent: branding.accent,
            background: branding.background.unwrap_or(neutral.mixed(4, branding.accent)),
            problem: Colour::rgb(0xb4, 0x23, 0x18),
            caution: Colour::rgb(0x8a, 0x56, 0x00),
            tint: 7,
        })
    }

    #[must_use]
    pub(super) fn dark(branding: &Branding) -> Self {
        let surface = Colour::rgb(0x1a, 0x1d, 0x23);
        let neutral = Colour::rgb(0x0e, 0x10, 0x14);
        Self::from_base(&Base {
            surface,
            ink: Colour::rgb(0xed, 0xef, 0xf3),
            muted: Colour::rgb(0xa2, 0xaa, 0xb8),
            line: Colour::rgb(0x30, 0x35, 0x3f),
            field: Colour::rgb(0x13, 0x16, 0x1b),
            field_line: Colour::rgb(0x6c, 0x75, 0x85),
            // A button as dark as the card would not be seen.
            accent: branding.accent.readable_on(surface, EDGE),
            background: branding.background_dark.unwrap_or(neutral.mixed(4, branding.accent)),
            problem: Colour::rgb(0xff, 0x8f, 0x85),
            caution: Colour::rgb(0xf5, 0xc1, 0x5c),
            tint: 10,
        })
    }

    fn from_base(base: &Base) -> Self {
        let tint = |colour: Colour| {
            let fill = base.surface.mixed(base.tint, colour);
            Tint {
                fill,
                line: base.surface.mixed(base.tint * 4, colour),
                ink: colour.readable_on(fill, TEXT),
            }
        };
        let on_accent = base.accent.ink();
        // Away from the ink, so that hovering never costs contrast.
        let hover = if on_accent == Colour::WHITE { Colour::BLACK } else { Colour::WHITE };
        Self {
            background: base.background,
            on_background: base.muted.readable_on(base.background, TEXT),
            surface: base.surface,
            ink: base.ink,
            muted: base.muted,
            line: base.line,
            field: base.field,
            field_line: base.field_line,
            accent: base.accent,
            accent_hover: base.accent.mixed(14, hover),
            accent_line: base.accent.readable_on(base.surface, EDGE),
            on_accent,
            // It stands on the card and in the framed box of the account.
            link: base.accent.readable_on(base.surface, TEXT).readable_on(base.field, TEXT),
            problem: tint(base.problem),
            caution: tint(base.caution),
            info: tint(base.accent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(palette: &Palette, name: &str) {
        let Palette { surface, ink, .. } = *palette;
        let mut text = vec![
            ("text", ink, surface),
            ("text in a field", ink, palette.field),
            ("muted text", palette.muted, surface),
            ("link", palette.link, surface),
            ("link in a box", palette.link, palette.field),
            ("muted text in a box", palette.muted, palette.field),
            ("around the card", palette.on_background, palette.background),
            ("button", palette.on_accent, palette.accent),
            ("button under the pointer", palette.on_accent, palette.accent_hover),
        ];
        for tint in [palette.problem, palette.caution, palette.info] {
            text.extend([("notice", ink, tint.fill), ("link in a notice", tint.ink, tint.fill)]);
        }
        for (what, front, back) in text {
            assert!(
                front.contrast(back) >= TEXT,
                "{name}: {what}: {front} on {back}: {}",
                front.contrast(back)
            );
        }
        for (what, edge) in
            [("field", palette.field_line), ("button", palette.accent_line), ("focus", palette.link)]
        {
            assert!(edge.contrast(surface) >= EDGE, "{name}: edge of {what}: {edge} on {surface}");
        }
    }

    #[test]
    fn whatever_the_organisations_colours_everything_can_be_read() {
        let colours =
            ["#000", "#fff", "#ff0", "#00f", "#ffcc00", "#0b1f4d", "#777", "#808080", "#e4002b", "#9fe870"];
        for accent in colours {
            for background in [None].into_iter().chain(colours.map(Some)) {
                let colour = |text: &str| text.parse::<Colour>().unwrap();
                let mut branding = Branding::named("Heron");
                branding.accent = colour(accent);
                branding.background = background.map(colour);
                branding.background_dark = branding.background;
                check(&Palette::light(&branding), &format!("light {accent} {background:?}"));
                check(&Palette::dark(&branding), &format!("dark {accent} {background:?}"));
            }
        }
    }
}
