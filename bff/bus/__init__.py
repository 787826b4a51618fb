"""The one path that every call takes."""

from bff.bus.bus import Bus
from bff.bus.call import Call, Reply
from bff.bus.limits import RateLimiter

__all__ = ["Bus", "Call", "RateLimiter", "Reply"]
