"""Where the site answers: each way to sign in as its package has it, and the same profile behind each kind of token."""

from django.contrib.auth import views as pages
from django.urls import include, path
from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from rest_framework.authentication import BasicAuthentication, SessionAuthentication, TokenAuthentication
from rest_framework.authtoken.views import obtain_auth_token
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt import views as jwt
from rest_framework_simplejwt.authentication import JWTAuthentication


class Me(APIView):
    """Whoever asks, as the site knows them."""

    permission_classes = [IsAuthenticated]

    def get(self, request):
        user = request.user
        return Response(
            {
                "id": user.pk,
                "username": user.get_username(),
                "email": user.email,
                "first_name": user.first_name,
                "last_name": user.last_name,
                "is_active": user.is_active,
                "groups": sorted(group.name for group in user.groups.all()),
            }
        )


def me(kind):
    return Me.as_view(authentication_classes=[kind])


urlpatterns = [
    # django-oauth-toolkit
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("api/oauth/me", me(OAuth2Authentication)),
    # djangorestframework-simplejwt
    path("api/token/", jwt.token_obtain_pair),
    path("api/token/refresh/", jwt.token_refresh),
    path("api/token/verify/", jwt.token_verify),
    path("api/token/blacklist/", jwt.token_blacklist),
    path("api/jwt/me", me(JWTAuthentication)),
    # djangorestframework by itself: a token that never ends, and HTTP Basic
    path("api-token-auth/", obtain_auth_token),
    path("api/token/me", me(TokenAuthentication)),
    path("api/basic/me", me(BasicAuthentication)),
    # Django by itself: a form with an anti-forgery token, and a cookie
    path("accounts/login/", pages.LoginView.as_view()),
    path("accounts/logout/", pages.LogoutView.as_view()),
    path("api/session/me", me(SessionAuthentication)),
]
