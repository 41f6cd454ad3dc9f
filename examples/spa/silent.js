// The redirect URI of a sign-in in a hidden frame: it hands the provider's answer to the page that frames it, and does nothing else.
// Only a page of this very origin is given it; the frame-ancestors of this page say the same.
parent.postMessage(location.search, location.origin);
