"""The settings of marketing: which service gets the addresses of people who sign in for the first time, if any."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from webapp.core.mail_values import MailSettings
from webapp.core.values import HttpUrl


def _numbers(value: object) -> object:
    """Split a comma separated text: an environment variable holds no JSON here."""
    return [number.strip() for number in value.split(",") if number.strip()] if isinstance(value, str) else value


Lists = Annotated[list[int], NoDecode, BeforeValidator(_numbers)]


class MarketingSettings(MailSettings):
    """Those of the settings that marketing needs, beside those of mail."""

    marketing: Literal["", "brevo"] = Field(
        "", description="service that gets the address of whoever signs in for the first time; empty: none"
    )
    marketing_delay_hours: int = Field(
        24, ge=0, le=720, description="hours from that sign-in, in which the person may decline on the account page"
    )
    brevo_api_key: SecretStr = Field(SecretStr(""), description="API key at Brevo")
    brevo_lists: Lists = Field([], description="numbers of Brevo's lists that contacts are put on, by commas")
    brevo_url: HttpUrl = Field("https://api.brevo.com/v3", description="address of Brevo's API")

    @model_validator(mode="after")
    def _refuse_half_a_service(self) -> "MarketingSettings":
        if self.marketing == "brevo" and not self.brevo_api_key.get_secret_value():
            raise ValueError("FRONTDESK_BREVO_API_KEY should be set where FRONTDESK_MARKETING is brevo")
        return self
