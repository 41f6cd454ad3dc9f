//! What a trial shows: every step with its request, its answer and what was made of it, who the person is, and what each scope would tell.
//! Everything goes through a mask, and once more as a whole.

use serde_json::{Map, Value, json};

use super::mask::Mask;
use super::shown;
use super::transcript::{Said, Transcript};
use super::trial::Trial;

/// What is shown.
#[derive(Debug)]
pub struct Report<'r> {
    /// What was said.
    pub transcript: &'r Transcript,
    /// What came of it.
    pub trial: &'r Trial,
    /// The claims of each scope.
    pub scopes: Vec<(String, Map<String, Value>)>,
    /// Claims that are mapped and not there.
    pub left_out: Vec<String>,
}

impl Report<'_> {
    /// For scripts.
    pub fn json(&self, mask: &Mask) -> Value {
        let trial = self.trial;
        let identity = trial.ending.as_ref().ok();
        let after = trial
            .after
            .iter()
            .map(|also| (also.what.to_owned(), json!({ "ok": also.ok, "told": also.told })));
        let scopes = self.scopes.iter().map(|(name, claims)| (name.clone(), Value::Object(claims.clone())));
        let whole = json!({
            "outcome": trial.word(),
            "why": trial.ending.as_ref().err().map(ToString::to_string),
            "identity": identity.map(|identity| json!({
                "connector": identity.connector.as_str(),
                "legacy_id": identity.legacy_id.as_str(),
                "user_name": identity.user_name,
            })),
            "scopes": scopes.collect::<Map<_, _>>(),
            "left_out": self.left_out,
            "after": after.collect::<Map<_, _>>(),
        });
        let mut whole = mask.value(&whole);
        if let Some(members) = whole.as_object_mut() {
            let steps = self.transcript.said().iter().map(|said| step(said, mask)).collect();
            members.insert("steps".to_owned(), Value::Array(steps));
        }
        whole
    }

    /// For people.
    pub fn text(&self, mask: &Mask) -> String {
        let mut lines = Vec::new();
        for (index, said) in self.transcript.said().iter().enumerate() {
            lines.push(format!("{}. {}", index + 1, said.step));
            lines.extend(request_lines(&shown::request(said, mask)));
            match &said.answer {
                None => lines.push("   no answer".to_owned()),
                Some(heard) => lines.extend(answer_lines(&shown::answer(heard, mask))),
            }
            lines.extend(said.notes.iter().map(|note| format!("   -> {note}")));
            lines.push(String::new());
        }
        lines.extend(self.transcript.notes().iter().map(|(step, what)| format!("{step}: {what}\n")));
        lines.extend(self.ending());
        mask.text(&lines.join("\n"))
    }

    fn ending(&self) -> Vec<String> {
        let trial = self.trial;
        let mut lines: Vec<String> =
            trial.after.iter().map(|also| format!("{}: {}", also.what, also.told)).collect();
        match &trial.ending {
            Err(refusal) => lines.push(format!("Nobody was let in: {} ({refusal})", trial.word())),
            Ok(identity) => {
                lines.push(format!(
                    "Signed in: {} is {} at {}. The bridge mints their `sub` from that id.",
                    identity.user_name,
                    identity.legacy_id.as_str(),
                    identity.connector.as_str()
                ));
                for (scope, claims) in &self.scopes {
                    lines.push(
                        format!("scope {scope}: {}", if claims.is_empty() { "nothing" } else { "" })
                            .trim_end()
                            .to_owned(),
                    );
                    lines.extend(claims.iter().map(|(name, value)| format!("   {name} = {value}")));
                }
                if !self.left_out.is_empty() {
                    lines
                        .push(format!("Mapped, and not there for this person: {}", self.left_out.join(", ")));
                }
            }
        }
        lines
    }
}

fn step(said: &Said, mask: &Mask) -> Value {
    json!({
        "step": said.step,
        "request": shown::request(said, mask),
        "answer": said.answer.as_ref().map(|heard| shown::answer(heard, mask)),
        "notes": said.notes.iter().map(|note| mask.text(note)).collect::<Vec<_>>(),
    })
}

fn request_lines(request: &Value) -> Vec<String> {
    let text = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut lines = vec![format!("   {} {}", text("method"), text("url"))];
    lines.extend(pairs(request.get("headers"), ": "));
    lines.extend(body_lines(request.get("body"), true));
    lines
}

fn answer_lines(answer: &Value) -> Vec<String> {
    let mut lines = vec![format!("   {}", answer.get("status").unwrap_or(&Value::Null))];
    lines.extend(pairs(answer.get("headers"), ": "));
    lines.extend(pairs(answer.get("cookies"), ": a cookie, "));
    lines.extend(body_lines(answer.get("body"), false));
    lines.extend(body_lines(answer.get("text"), false));
    lines
}

fn pairs(members: Option<&Value>, between: &str) -> Vec<String> {
    let members = members.and_then(Value::as_object).into_iter().flatten();
    members
        .map(|(name, value)| {
            format!("     {name}{between}{}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .collect()
}

fn body_lines(body: Option<&Value>, flat: bool) -> Vec<String> {
    let text = match body {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Object(members))
            if flat && members.values().all(|value| !value.is_object() && !value.is_array()) =>
        {
            return pairs(body, " = ");
        }
        Some(Value::String(text)) => text.clone(),
        Some(value) => format!("{value:#}"),
    };
    shown::cut(&text).lines().map(|line| format!("     {line}")).collect()
}
