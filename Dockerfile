# miniapi as its wheel, run by a user of its own; data, certificates and kubeconfig go to /var/lib/miniapi.
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md ./
COPY miniapi miniapi
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir /wheels/*.whl && rm -r /wheels \
 && useradd --system --uid 65532 --home-dir /var/lib/miniapi --create-home miniapi \
 && install -d -o miniapi -g miniapi /var/lib/miniapi /kubeconfig /pki
USER 65532
VOLUME /var/lib/miniapi
EXPOSE 6443
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["python", "-c", \
 "import ssl, urllib.request as u; u.urlopen('https://127.0.0.1:6443/readyz', context=ssl._create_unverified_context(), timeout=2)"]
ENTRYPOINT ["miniapi"]
CMD ["serve", "--bind-address=0.0.0.0", "--data-dir=/var/lib/miniapi"]
