//! XML as a value that JSON Pointers reach: an element is its text, or an object of its children by their local names; what comes several
//! times is a list, an attribute has `@` in front, and text beside children is `$text`. Entities beyond the five of XML are not resolved.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use serde_json::{Map, Value};

/// Deeper than any answer of a login.
const DEEPEST: usize = 64;

/// An element that is still open.
struct Open {
    name: String,
    members: Map<String, Value>,
    text: String,
}

/// The document as an object with its root element as the only member; none when it is no XML.
pub(super) fn value(body: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(body).ok()?;
    let mut reader = Reader::from_str(text);
    let mut open = vec![Open { name: String::new(), members: Map::new(), text: String::new() }];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if open.len() < DEEPEST => open.push(begun(&start)?),
            Event::Start(_) => return None,
            Event::Empty(start) => close(begun(&start)?, &mut open)?,
            Event::End(_) => {
                let element = open.pop()?;
                close(element, &mut open)?;
            }
            Event::Text(piece) => open.last_mut()?.text.push_str(&piece.xml10_content()),
            Event::CData(piece) => open.last_mut()?.text.push_str(&piece.xml10_content()),
            Event::GeneralRef(name) => {
                let text = match name.resolve_char_ref().ok()? {
                    Some(character) => character.to_string(),
                    None => quick_xml::escape::resolve_predefined_entity(&name.xml10_content())?.to_owned(),
                };
                open.last_mut()?.text.push_str(&text);
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            // A document type may define entities, and nothing good comes of them.
            Event::DocType(_) => return None,
        }
    }
    let document = open.pop()?;
    let whole = open.is_empty() && document.text.trim().is_empty() && document.members.len() == 1;
    whole.then_some(Value::Object(document.members))
}

/// `value` as the text of an element or an attribute; none when it holds what XML cannot (XML 1.0 §2.2).
pub(super) fn text(value: &str) -> Option<String> {
    let fits = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    // XML 1.0 §2.11, §3.3.3: as itself a line end would become a line feed, or a space in an attribute.
    let text =
        quick_xml::escape::escape(value).replace('\r', "&#13;").replace('\n', "&#10;").replace('\t', "&#9;");
    value.chars().all(fits).then_some(text)
}

fn begun(start: &BytesStart<'_>) -> Option<Open> {
    let mut members = Map::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let key = format!("@{}", attribute.key.local_name().as_ref());
        members
            .insert(key, Value::from(attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned()));
    }
    Some(Open { name: start.local_name().as_ref().to_owned(), members, text: String::new() })
}

/// Hands a finished element to the one around it.
fn close(element: Open, open: &mut [Open]) -> Option<()> {
    let Open { name, mut members, text } = element;
    let text = text.trim();
    let value = if members.is_empty() {
        Value::from(text)
    } else {
        if !text.is_empty() {
            members.insert("$text".to_owned(), Value::from(text));
        }
        Value::Object(members)
    };
    let around = &mut open.last_mut()?.members;
    match around.get_mut(&name) {
        Some(Value::Array(several)) => several.push(value),
        Some(one) => {
            let first = one.take();
            *one = Value::Array(vec![first, value]);
        }
        None => {
            around.insert(name, value);
        }
    }
    Some(())
}
