//! What a hand-over of the legacy site means: the whole table, each of its seventy-two cells by a rule that is told in a sentence.

use passerelle::rules::handover::Verdict::{Ask, Refuse, SignIn};
use passerelle::rules::handover::{Bound, Facts, SignedIn, Unsolicited, Verdict, decide};

const BOUND: [Bound; 4] = [Bound::ByState, Bound::BySource, Bound::Not, Bound::ToAnother];
const PEOPLE: [SignedIn; 3] = [SignedIn::Nobody, SignedIn::SamePerson, SignedIn::AnotherPerson];
const WRITTEN: [Unsolicited; 3] = [Unsolicited::Deny, Unsolicited::Confirm, Unsolicited::Allow];

fn verdicts(awaited: bool, bound: Bound, unsolicited: Unsolicited) -> [Verdict; 3] {
    PEOPLE.map(|signed_in| decide(&Facts { awaited, bound, signed_in, unsolicited }))
}

#[test]
fn a_hand_over_that_a_request_waits_for() {
    // Nobody, the same person, another person; whatever is written about those that nobody waits for.
    let rows = [
        (Bound::ByState, [SignIn, SignIn, Ask]),
        (Bound::BySource, [SignIn, SignIn, Ask]),
        (Bound::Not, [Ask, Ask, Ask]),
        (Bound::ToAnother, [Refuse, Refuse, Refuse]),
    ];
    for (bound, expected) in rows {
        for unsolicited in WRITTEN {
            assert_eq!(verdicts(true, bound, unsolicited), expected, "{bound:?} {unsolicited:?}");
        }
    }
}

#[test]
fn a_hand_over_that_nobody_waits_for() {
    let (no, ask) = ([Refuse; 3], [Ask; 3]);
    let rows = [
        (Unsolicited::Deny, [no, no, no, no]),
        (Unsolicited::Confirm, [ask, ask, ask, no]),
        // `state` alone says nothing where no request waits that it could answer.
        (Unsolicited::Allow, [ask, [SignIn, SignIn, Ask], ask, no]),
    ];
    for (unsolicited, expected) in rows {
        for (bound, expected) in BOUND.into_iter().zip(expected) {
            assert_eq!(verdicts(false, bound, unsolicited), expected, "{bound:?} {unsolicited:?}");
        }
    }
}

#[test]
fn another_persons_session_is_never_replaced_without_a_question() {
    for awaited in [true, false] {
        for (bound, unsolicited) in
            BOUND.into_iter().flat_map(|bound| WRITTEN.map(|written| (bound, written)))
        {
            let facts = Facts { awaited, bound, signed_in: SignedIn::AnotherPerson, unsolicited };
            assert_ne!(decide(&facts), SignIn, "{facts:?}");
        }
    }
}
