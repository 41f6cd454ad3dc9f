//! The throttle over a real database: what is counted, and that a pause that was sat out begins anew.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use passerelle::provider::throttle::{Throttle, ThrottleLimits};
use passerelle::rules::throttle::Limits;
use passerelle::time::Timestamp;

use crate::support::parts::{BEGINNING, Parts};

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

async fn fails(throttle: &Throttle, now: Timestamp) -> Result<(), Timestamp> {
    let attempt = throttle.admit("ann", ADDRESS, now).await.unwrap()?;
    throttle.failed(attempt, now).await.unwrap();
    Ok(())
}

#[tokio::test]
async fn who_sat_out_a_pause_within_the_window_has_all_tries_again() {
    let limits =
        |failures| Limits { failures, window: Duration::from_secs(900), pause: Duration::from_secs(60) };
    let throttle =
        Throttle::new(Parts::new().await.db, ThrottleLimits { account: limits(3), address: limits(100) });
    let after = |seconds| BEGINNING + Duration::from_secs(seconds);
    for begins in [0, 61, 122] {
        for second in 0..3 {
            assert_eq!(fails(&throttle, after(begins)).await, Ok(()), "try {second} after {begins}");
        }
        assert_eq!(fails(&throttle, after(begins + 59)).await, Err(after(begins + 60)));
    }
}
