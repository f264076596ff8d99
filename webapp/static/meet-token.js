// The token that lets into the meeting: it leaves the address bar at once, and stays with this tab for a reload.

const PLACE = `meeting ${location.pathname}`;

/** Take the token out of the address, or find the one this tab has; none: "". */
export const take = () => {
  const brought = new URLSearchParams(location.hash.slice(1)).get("token");
  if (location.hash) history.replaceState(null, "", location.pathname);
  if (brought) sessionStorage.setItem(PLACE, brought);
  return brought || sessionStorage.getItem(PLACE) || "";
};

export const forget = () => sessionStorage.removeItem(PLACE);

/** Whether LiveKit would refuse it by the clock; what cannot be read is for LiveKit to judge. */
export const hasExpired = (token) => {
  try {
    const body = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(body)).exp * 1000 < Date.now();
  } catch {
    return false;
  }
};
